export { appliedRules, check, NOT_MODELLED } from './check';
export type { CheckOptions, Finding, Level, Report } from './finding';
export { namesOfKey } from './protection';
export { listed } from './rule';
export type { Controls, Rule, RuleFacts } from './rule';
export { RULES } from './rules';
export { doubtsOf, unknownAlike, unreadOf } from './unread';
