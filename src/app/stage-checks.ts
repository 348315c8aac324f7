import type { IConstruct } from 'constructs';
import { KeyUses } from './key-uses';
import { perStage } from './per-stage';

/** What is wrong with an app, a sentence each. Warnings are for the check itself to put on their constructs. */
export type StageCheck = (uses: KeyUses) => readonly string[];

/** The checks of each stage (app), and the validation that makes them. */
const checksOf = perStage((stage) => {
  const checks = new Set<StageCheck>();
  stage.node.addValidation({
    validate: () => {
      const uses = KeyUses.settle(stage);
      return [...checks].flatMap((check) => check(uses));
    },
  });
  return checks;
});

/** Has the stage of a construct checked when it is synthesized: once, however many constructs ask for it. */
export function checkStage(construct: IConstruct, check: StageCheck): void {
  checksOf(construct).add(check);
}
