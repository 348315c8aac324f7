import { Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { authorOf } from './constructs';
import { KeyUses } from './key-uses';
import { perStage } from './per-stage';

/** What is wrong in an app, a sentence, and with which construct: CDK shows its path before the sentence. */
export interface Problem {
  readonly at: IConstruct;
  readonly message: string;
}

/** Finds what is wrong with an app. Warnings are for the check itself to put on their constructs. */
export type StageCheck = (uses: KeyUses) => readonly Problem[];

/** Has the stage of a construct checked when it is synthesized: once, however many constructs ask for it. */
export function checkStage(construct: IConstruct, check: StageCheck): void {
  checksOf(construct).add(check);
}

/** The checks of a stage (app), and the validation that makes them all at once and has each construct tell what was found of it. */
class StageChecks {
  private readonly checks = new Set<StageCheck>();
  private readonly telling = new Set<IConstruct>();
  private found = new Map<IConstruct, Set<string>>();

  constructor(private readonly stage: IConstruct) {
    this.tell(stage, () => this.look());
  }

  public add(check: StageCheck): void {
    this.checks.add(check);
  }

  private look(): void {
    const uses = KeyUses.settle(this.stage);
    this.found = new Map();
    for (const { at, message } of [...this.checks].flatMap((check) => check(uses))) {
      const author = authorOf(at);
      // Of a stage within, CDK asks only when that is synthesized, which it was already.
      const teller = (Stage.of(author) ?? author.node.root) === this.stage ? author : this.stage;
      this.found.set(teller, (this.found.get(teller) ?? new Set()).add(message));
      this.tell(teller);
    }
  }

  /** CDK asks a construct before those below it, so that the stage, which looks, is the first, and those that it finds something of are still to be asked. */
  private tell(construct: IConstruct, before?: () => void): void {
    if (this.telling.has(construct)) return;
    this.telling.add(construct);
    construct.node.addValidation({
      validate: () => {
        before?.();
        return [...this.found.get(construct) ?? []];
      },
    });
  }
}

const checksOf = perStage((stage) => new StageChecks(stage));
