// The smallest app: a function from Request to Response.
//   npm start        or:  npm run siskin -- serve examples/hello.ts
export default function fetch(): Response {
  return new Response('Hello, World!');
}
