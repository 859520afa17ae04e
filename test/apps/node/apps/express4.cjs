// Express 4, as its guide ends: app.listen.

const express = require('express4');
const app = require('./express-app.cjs')(express, 4);

exports.start = () => app.listen(0);
