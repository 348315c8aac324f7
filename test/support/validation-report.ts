import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';

export interface Violation {
  readonly ruleName: string;
  readonly severity: string;
  readonly violatingConstructs: readonly { readonly constructPath: string }[];
}

/** What the plugins of an app report when it is synthesized. An app with errors does not synthesize, and is reported on all the same. */
export function violationsOf(app: App): Violation[] {
  const printed = jest.spyOn(console, 'error').mockImplementation(() => {});
  const code = process.exitCode;
  let refusal: unknown;
  try {
    app.synth();
  } catch (error) {
    refusal = error;
  } finally {
    process.exitCode = code;
    printed.mockRestore();
  }
  const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')) as { pluginReports: { violations: Violation[] }[] };
  const violations = report.pluginReports.flatMap((plugin) => plugin.violations);
  if (refusal !== undefined && violations.length === 0) throw refusal;
  return violations;
}
