import { buildApp } from './app.ts';

const app = await buildApp();
const address = await app.listen({ port: Number(process.env['PORT'] ?? 3000) });
console.log(`The tasks are at ${address}`);

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => void app.close().then(() => console.log('The tasks are put away.')));
}
