// `import.source` is newer than the parser: Node runs it, the transformer cannot read it.

export const load = () => import.source('./never-loaded.wasm');

export default () => new Response('served');
