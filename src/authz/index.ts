export { decide } from './decide';
export { conditionKeysOf } from './parameters';
export * from './types';
