// The handler of hello.ts for who starts it to see how long that takes: nothing in it has to be erased.

export default {
  fetch() {
    return new Response('Hello, World!');
  },
};
