// An Express app with one of everything that `siskin green check` has something to say about. It is never asked for anything.

import { execFileSync } from 'node:child_process';
import express from 'express';

let current;
const totals = {};

class Account {
  constructor(url) {
    this.balance = load(url);
  }

  get fresh() {
    return load(this.url);
  }
}

function* pages(url) {
  yield load(url);
}

function calculate(expression) {
  // biome-ignore lint/security/noGlobalEval: it is what the check is to find.
  return eval(expression) + load('/rate');
}

function add(a, b) {
  return a + b;
}

function remember(request) {
  current = request.query.user;
  totals.requests = add(totals.requests ?? 0, 1);
  return load(`/accounts/${current}`);
}

function load(path) {
  return JSON.parse(execFileSync('curl', [`http://accounts.example${path}`]));
}

const app = express();
app.get('/', (request, response) => {
  response.json([remember(request), new Account('/'), [...pages('/')], calculate('1')]);
});

export default app;
