import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { CheckOptions, Finding, Report } from '../checks';
import { appliedRules, check, namesOfKey } from '../checks';
import { readAssembly } from '../template';
import type { Deployment } from '../template';
import type { Acknowledgeable } from './unused-acknowledgements';

/** What was found in one assembly. */
export interface AssemblyReport {
  readonly deployment: Deployment;
  readonly report: Report;
}

/** Which assembly was checked last: CDK asks a plugin once for each environment, and what is found is found in all stacks together. */
export class LastReport {
  private made?: { readonly of: string } & AssemblyReport;

  public constructor(private readonly options: CheckOptions) {}

  /** The findings about stacks at some of the construct paths, and those nested in them. */
  public in(app: IConstruct, paths: readonly string[]): readonly Finding[] {
    const { deployment, report } = this.of(app);
    const stacks = new Set(deployment.stacks.filter(({ path }) => path !== undefined && paths.includes(path)).map(({ id }) => id));
    return report.findings.filter(({ resource }) => stacks.has(resource.stack.split('/')[0]));
  }

  /** What acknowledgements are held against, in the answer about stacks at some of the paths; of what stands above all stacks, in the first one's. */
  public acknowledgeable(app: IConstruct, paths: readonly string[]): Acknowledgeable {
    const { deployment: { stacks: [first] }, report: { findings } } = this.of(app);
    const rules = appliedRules(this.options);
    return { findings, applies: (rule) => rules.includes(rule), isToldOf: (stack) => paths.includes(stack ?? first?.path ?? '') };
  }

  /** Checks the assembly of an app that is being synthesized, once. */
  public of(app: IConstruct): AssemblyReport {
    if (!Stage.isStage(app)) throw new Error(`KmsChecks reads the assembly of an app, and ${app.node.path || 'its root'} is none: register it by Validations.of(app)`);
    const directory = app.outdir;
    const { mtimeMs, size } = statSync(join(directory, 'manifest.json'));
    const of = `${directory} ${mtimeMs} ${size}`;
    if (this.made?.of !== of) {
      const deployment = readAssembly(directory);
      const unknown = (this.options.protectedKeys ?? []).filter((name) => !deployment.keys.some((key) => namesOfKey(key).includes(name)));
      if (unknown.length > 0) throw new Error(`protectedKeys has ${unknown.map((name) => `'${name}'`).join(', ')}, which no key of the app is called`);
      this.made = { of, deployment, report: check(deployment, this.options) };
    }
    return this.made;
  }
}
