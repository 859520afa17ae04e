// What a program imports from `siskin/green`.
export { type Driver, type DriverContext, DriverError } from './drivers/driver.ts';
export { type SlowOptions, slowStatement } from './drivers/slow-statement.ts';
export { greenFetch } from './fetch.ts';
export { RouteFull, type RouteOptions, route } from './route.ts';
export { Spawned, spawn } from './spawn.ts';
export {
  assertNeverSwitches,
  assertSwitches,
  atomic,
  canSwitch,
  isGreen,
  original,
  SwitchError,
} from './switches.ts';
export { registerTwin, TWIN, type Twin } from './twin.ts';
