// Express 5, as its guide ends: app.listen.

const express = require('express');
const app = require('./express-app.cjs')(express, 5);

exports.start = () =>
  new Promise((resolve, reject) => {
    const server = app.listen(0, (error) => (error ? reject(error) : resolve(server)));
  });
