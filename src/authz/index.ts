export { decide } from './decide';
export { decideByIam } from './decide-by-iam';
export type { IamRequest } from './decide-by-iam';
export { conditionKeysOf } from './parameters';
export * from './types';
