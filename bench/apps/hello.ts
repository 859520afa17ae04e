// The smallest fetch handler: what "hello" measures. Siskin, Bun and Deno serve this very file.

export default {
  fetch(): Response {
    return new Response('Hello, World!');
  },
};
