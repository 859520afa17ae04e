// examples/deploy/kubernetes.yaml and Dockerfile: what they say agrees with the settings and with the image. No validator is
// asked: those for Kubernetes let unknown fields pass, and a field that is misspelt is the mistake that people make. So all
// fields that are used are named here.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { DEPLOY, settingsOf } from './deployed-app.ts';

type Json = Readonly<Record<string, never>>;

const [deployment, service, ...others] = parseAllDocuments(
  readFileSync(new URL('kubernetes.yaml', DEPLOY), 'utf8'),
).map((document) => {
  assert.deepEqual([...document.errors, ...document.warnings], []);
  return document.toJS() as Json;
}) as [Json, Json, ...Json[]];

/** What is at `path`, which is there. */
function at(object: unknown, path: string): unknown {
  let found = object;
  for (const key of path.split('.')) {
    assert.ok(found !== null && typeof found === 'object' && key in found, `there is no ${path}`);
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

const POD = at(deployment, 'spec.template.spec');
const CONTAINER = at(POD, 'containers.0');
const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const;

/** Fields by the object that they are in, as the API's reference has them (apps/v1, core/v1). */
const FIELDS: ReadonlyArray<readonly [where: unknown, fields: string]> = [
  [deployment, 'apiVersion kind metadata spec'],
  [at(deployment, 'spec'), 'replicas selector strategy template'],
  [at(deployment, 'spec.strategy'), 'type rollingUpdate'],
  [at(deployment, 'spec.strategy.rollingUpdate'), 'maxSurge maxUnavailable'],
  [at(deployment, 'spec.template'), 'metadata spec'],
  [POD, 'automountServiceAccountToken terminationGracePeriodSeconds securityContext containers volumes'],
  [at(POD, 'securityContext'), 'runAsNonRoot runAsUser runAsGroup seccompProfile'],
  [CONTAINER, `name image ports env ${PROBES.join(' ')} lifecycle resources securityContext volumeMounts`],
  ...PROBES.map(
    (name) => [at(CONTAINER, name), 'httpGet periodSeconds timeoutSeconds failureThreshold'] as const,
  ),
  ...PROBES.map((name) => [at(CONTAINER, `${name}.httpGet`), 'path port'] as const),
  [at(CONTAINER, 'lifecycle'), 'preStop'],
  [at(CONTAINER, 'lifecycle.preStop'), 'exec'],
  [at(CONTAINER, 'resources'), 'requests limits'],
  [at(CONTAINER, 'securityContext'), 'allowPrivilegeEscalation readOnlyRootFilesystem capabilities'],
  [at(CONTAINER, 'ports.0'), 'name containerPort'],
  [at(CONTAINER, 'volumeMounts.0'), 'name mountPath'],
  [at(POD, 'volumes.0'), 'name emptyDir'],
  [service, 'apiVersion kind metadata spec'],
  [at(service, 'spec'), 'selector ports'],
  [at(service, 'spec.ports.0'), 'name port targetPort'],
];

/** Seconds until a probe that fails from the start has an effect. */
function patience(probe: (typeof PROBES)[number]): number {
  return Number(at(CONTAINER, `${probe}.periodSeconds`)) * Number(at(CONTAINER, `${probe}.failureThreshold`));
}

test('the manifest is a Deployment and its Service, and has no field that is not known here', () => {
  assert.deepEqual(others, []);
  assert.deepEqual([at(deployment, 'apiVersion'), at(deployment, 'kind')], ['apps/v1', 'Deployment']);
  assert.deepEqual([at(service, 'apiVersion'), at(service, 'kind')], ['v1', 'Service']);
  for (const [where, fields] of FIELDS)
    assert.deepEqual(Object.keys(where as object).sort(), fields.split(' ').sort());
});

test('the labels and ports of Deployment, Service, image and configuration agree', async () => {
  const labels = at(deployment, 'spec.template.metadata.labels');
  assert.deepEqual(at(deployment, 'spec.selector.matchLabels'), labels);
  assert.deepEqual(at(service, 'spec.selector'), labels);
  const name = at(CONTAINER, 'ports.0.name');
  assert.equal(at(service, 'spec.ports.0.targetPort'), name);
  for (const probe of PROBES) assert.equal(at(CONTAINER, `${probe}.httpGet.port`), name);
  const port = at(CONTAINER, 'ports.0.containerPort');
  const { bind } = await settingsOf();
  // Every interface: the probes come from outside of the pod.
  assert.deepEqual(bind, [{ family: 'inet', host: '0.0.0.0', port }]);
  assert.match(dockerfile, new RegExp(`^EXPOSE ${port}$`, 'm'));
});

test('a pod has the time for all that its end takes', async () => {
  const { gracefulTimeout } = await settingsOf();
  const command = at(CONTAINER, 'lifecycle.preStop.exec.command') as string[];
  assert.equal(command[0], 'sleep');
  // Beyond gracefulTimeout workers have 2 s to cut what is left, and 1 s until they are killed.
  const needed = Number(command[1]) + gracefulTimeout / 1000 + 3;
  assert.ok(Number(at(POD, 'terminationGracePeriodSeconds')) > needed);
});

test('probes leave the arbiter the time to mend what it can', async () => {
  const { timeout, bootTimeout } = await settingsOf();
  assert.ok(patience('livenessProbe') * 1000 > timeout);
  assert.ok(patience('startupProbe') * 1000 >= bootTimeout);
});

test('the container is nobody in particular, and writes to /tmp alone', () => {
  assert.equal(at(POD, 'securityContext.runAsNonRoot'), true);
  assert.equal(at(CONTAINER, 'securityContext.readOnlyRootFilesystem'), true);
  assert.equal(at(CONTAINER, 'volumeMounts.0.name'), at(POD, 'volumes.0.name'));
  assert.equal(at(CONTAINER, 'volumeMounts.0.mountPath'), '/tmp');
  const user = `${at(POD, 'securityContext.runAsUser')}:${at(POD, 'securityContext.runAsGroup')}`;
  assert.match(dockerfile, new RegExp(`^USER ${user}$`, 'm'));
});

test('the environment is made of texts, and of settings that there are', async () => {
  const env = at(CONTAINER, 'env') as { name: string; value: unknown }[];
  for (const { name, value } of env) assert.equal(typeof value, 'string', name);
  // One that is misspelt is warned of.
  await settingsOf(Object.fromEntries(env.map(({ name, value }) => [name, String(value)])));
});

const dockerfile = readFileSync(new URL('Dockerfile', DEPLOY), 'utf8');

test('the image starts node itself, with the app that the configuration names', () => {
  const lines = dockerfile.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const command = lines.at(-1)!.replace(/^CMD /, '');
  assert.deepEqual(JSON.parse(command), ['node', 'node_modules/.bin/siskin', 'serve']);
  assert.equal(lines.filter((line) => line.startsWith('FROM node:24-slim')).length, 2);
  assert.ok(!lines.some((line) => line.startsWith('ENTRYPOINT')));
  const copied = lines.filter((line) => line.startsWith('COPY ')).join(' ');
  for (const file of ['app.ts', 'siskin.config.ts', 'package.json']) assert.ok(copied.includes(file), file);
});
