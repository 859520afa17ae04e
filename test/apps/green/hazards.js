// An Express app with one of everything that `siskin green check` has something to say about. It is never asked for anything.

import express from 'express';
import { fetchSync } from '../../../src/blocking/index.ts';

let current;
const totals = {};

class Account {
  constructor(url) {
    this.balance = fetchSync(url).json();
  }

  get fresh() {
    return fetchSync(this.url).json();
  }
}

function* pages(url) {
  yield fetchSync(url).text();
}

function calculate(expression) {
  // biome-ignore lint/security/noGlobalEval: it is what the check is to find.
  return eval(expression) + fetchSync('/rate').json();
}

function add(a, b) {
  return a + b;
}

function remember(request) {
  current = request.query.user;
  totals.requests = add(totals.requests ?? 0, 1);
  return fetchSync(`http://accounts.example/${current}`).json();
}

const app = express();
app.get('/', (request, response) => {
  response.json([remember(request), new Account('/'), [...pages('/')], calculate('1')]);
});

export default app;
