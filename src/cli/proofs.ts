import type { KeyWorld } from '../proof';
import type { Deployment, TemplateKey } from '../template';
import { deployersOf, worldOf } from './world';

/** What no template tells, and no answer counts. */
export const NOT_MODELLED = ['existing grants', 'service and resource control policies', 'session policies', 'VPC endpoint policies'];

/** A key with everybody of whom the templates tell, as proofs take it. */
export function keyWorld(deployment: Deployment, key: TemplateKey): KeyWorld {
  return { key, world: worldOf(deployment), owners: [...deployersOf(deployment)] };
}
