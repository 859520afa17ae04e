// An app with what its surroundings ask for: /healthz, whether it lives, and /readyz, whether it can do its work.
//   npx siskin serve        in this folder: siskin.config.ts names it

/** What the app needs: a database, a queue. Each answers within a second, or not at all. */
async function canWork(): Promise<boolean> {
  return true;
}

export default {
  async fetch(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case '/':
        return new Response(`Hello from process ${process.pid}!\n`);
      case '/healthz':
        // Nothing is asked of others here: a restart of this app would not mend them.
        return new Response('ok\n');
      case '/readyz':
        return (await canWork()) ? new Response('ready\n') : new Response('not yet\n', { status: 503 });
      default:
        return new Response('There is nothing here.\n', { status: 404 });
    }
  },
};
