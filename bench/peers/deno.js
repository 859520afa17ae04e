// Deno.serve with an app of ours: deno run -A bench/peers/deno.js PORT APP
// JavaScript, since its types are not those of Node.

const { default: app } = await import(`../apps/${Deno.args[1]}.ts`);
Deno.serve({ port: Number(Deno.args[0]), hostname: '127.0.0.1', onListen: () => {} }, app.fetch);
