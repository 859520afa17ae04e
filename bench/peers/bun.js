// Bun.serve with an app of ours: bun bench/peers/bun.js PORT APP
// JavaScript, since its types are not those of Node.

const { default: app } = await import(`../apps/${process.argv[3]}.ts`);
Bun.serve({
  port: Number(process.argv[2]),
  hostname: '127.0.0.1',
  idleTimeout: 75,
  maxRequestBodySize: 2 ** 33,
  fetch: app.fetch,
});
