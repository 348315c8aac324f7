import type { CheckOptions, Finding, Report } from './finding';
import { atHome } from './home-account';
import type { Problem, Rule } from './rule';
import { listed } from './rule';
import { RULES } from './rules';
import type { Scope } from './scope';
import { placeOf, scopeOf } from './scope';
import { nameOf, readable } from './words';
import type { Deployment } from '../template';

/** What also decides on AWS, and that no template tells. */
export const NOT_MODELLED = ['grants that exist already', 'service and resource control policies', 'session policies', 'VPC endpoint policies'];

/**
 * Checks every key of a deployment, and whatever else bears on who can use it. It does not throw, whatever the templates hold: what cannot be
 * judged is a finding.
 */
export function check(deployment: Deployment, options: CheckOptions = {}): Report {
  const scope = scopeOf(atHome(deployment, options.homeAccount), options);
  const written = new Writer(scope);
  for (const rule of RULES.filter((candidate) => applies(candidate, options))) written.add(rule, found(rule, scope));
  return {
    findings: written.findings(),
    checked: {
      templates: deployment.stacks.length,
      keys: scope.keys.length,
      statements: scope.keys.reduce((sum, { statements }) => sum + statements.length, 0),
    },
    notModelled: NOT_MODELLED,
  };
}

/** The ids of the rules that options ask for. */
export function appliedRules(options: Pick<CheckOptions, 'rules' | 'also'>): readonly string[] {
  return RULES.filter((rule) => applies(rule, options)).map(({ id }) => id);
}

function applies({ id, optional = false }: Rule, { rules, also = [] }: Pick<CheckOptions, 'rules' | 'also'>): boolean {
  return rules ? rules.includes(id) || also.includes(id) : !optional || also.includes(id);
}

/** What a rule finds. Should it fail, that is found: silence would pass for a clean key. */
function found(rule: Rule, scope: Scope): readonly Problem[] {
  try {
    return rule.find(scope);
  } catch (error) {
    return scope.keys.map((key) => key.problem(`could not be judged by ${rule.id}, which failed: ${String(error)}`, {
      fix: 'Report this as a fault of cdk-keysmith, with the policy.', level: 'error',
    }));
  }
}

interface Entry {
  readonly finding: Finding;
  readonly cause?: string;
}

/** Makes findings of problems, and groups them. */
class Writer {
  private readonly entries = new Map<string, Entry[]>();
  private readonly plain: (text: string) => string;

  public constructor(private readonly scope: Scope) {
    this.plain = readable(scope.deployment);
  }

  public add(rule: Rule, problems: readonly Problem[]): void {
    for (const problem of problems) {
      const place = placeOf(problem.at);
      const ofPlace = this.entries.get(place) ?? [];
      ofPlace.push({ finding: findingOf(rule, problem, this.plain), cause: problem.cause });
      this.entries.set(place, ofPlace);
    }
  }

  public findings(): Finding[] {
    const places = [...new Set([...this.scope.keys.map(({ key }) => placeOf(key)), ...this.entries.keys()])];
    const defaults = new Set(this.scope.keys.filter(({ isDefault }) => isDefault).map(({ key }) => placeOf(key)));
    return places.flatMap((place) => byLevel(grouped(this.entries.get(place) ?? [], defaults.has(place))));
  }
}

function findingOf({ id, name, level, fix, controls }: Rule, problem: Problem, plain: (text: string) => string): Finding {
  const { at, statement } = problem;
  return {
    rule: id,
    name,
    level: problem.level ?? level,
    template: at.stack,
    resource: at,
    ...statement === undefined ? {} : { statement: plain(statement) },
    message: plain(`${nameOf(at)}${statement === undefined ? '' : `, statement '${statement}'`}: ${problem.seen}`),
    fix: plain(problem.fix ?? fix),
    ...problem.request === undefined ? {} : { request: problem.request },
    controls: listed(controls),
  };
}

/** One finding for each cause: the first of the highest level, the others as its effects. Of a key with KMS's default policy all warnings have one cause. */
function grouped(entries: readonly Entry[], isDefault: boolean): Finding[] {
  const groups = new Map<string, Finding[]>();
  entries.forEach(({ finding, cause }, index) => {
    const group = isDefault && finding.level === 'warning' ? 'default' : cause ?? `#${index}`;
    groups.set(group, [...groups.get(group) ?? [], finding]);
  });
  return [...groups.values()].map((group) => {
    const [head, ...related] = byLevel(group);
    return related.length === 0 ? head : { ...head, related };
  });
}

function byLevel(findings: readonly Finding[]): Finding[] {
  return [...findings.filter(({ level }) => level === 'error'), ...findings.filter(({ level }) => level === 'warning')];
}
