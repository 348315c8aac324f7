import { CONDITIONS } from './conditions';
import { DUTIES } from './duties';
import { KEYS } from './keys';
import { PRINCIPALS } from './principals';
import type { Golden } from '../support/policies';

/** For each rule: policies that it finds fault with, near misses that it leaves alone, and good policies changed in one place. */
export const GOLDEN: readonly Golden[] = [...PRINCIPALS, ...DUTIES, ...CONDITIONS, ...KEYS];
