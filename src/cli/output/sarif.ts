import { createHash } from 'node:crypto';
import type { Log, ReportingDescriptor, Result } from 'sarif';
import type { LocatedFinding } from './findings';
import { withRelated } from './findings';
import { listed, RULES } from '../../checks';
import type { Rule } from '../../checks';

const HOME = 'https://github.com/cdk-keysmith/cdk-keysmith';

/**
 * Findings for code scanning. Effects of a cause are results of their own, which name it.
 *
 * Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub Docs, "SARIF support for code scanning".
 *
 * @param known findings of the baseline: there, but suppressed
 */
export function sarif(findings: readonly LocatedFinding[], known: readonly LocatedFinding[], version: string): Log {
  const results = [...findings.flatMap((finding) => resultsOf(finding, false)), ...known.flatMap((finding) => resultsOf(finding, true))];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{
      tool: { driver: { name: 'keysmith', semanticVersion: version, informationUri: HOME, rules: RULES.map(descriptor) } },
      columnKind: 'utf16CodeUnits',
      results,
    }],
  };
}

function descriptor({ id, name, level, title, why, fix, controls }: Rule): ReportingDescriptor {
  return {
    id,
    name,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: `${why}\n\n${fix}`, markdown: `${why}\n\n**Fix:** ${fix}` },
    helpUri: `${HOME}/blob/main/docs/checks.md#${id.toLowerCase()}`,
    defaultConfiguration: { level },
    properties: { tags: ['security', ...listed(controls)] },
  };
}

function resultsOf(finding: LocatedFinding, isKnown: boolean): Result[] {
  return withRelated(finding).map((each) => ({
    ruleId: each.rule,
    ruleIndex: RULES.findIndex(({ id }) => id === each.rule),
    level: each.level,
    message: { text: `${each.message}. ${each.fix}` },
    locations: [location(each)],
    partialFingerprints: { 'keysmith/v1': fingerprint(each) },
    ...(isKnown && { suppressions: [{ kind: 'external' as const, justification: 'in the baseline' }] }),
    properties: {
      fix: each.fix,
      controls: [...each.controls],
      ...(each.statement !== undefined && { statement: each.statement }),
      ...(each.request && { request: each.request }),
      ...(each !== finding && { cause: finding.rule }),
    },
  }));
}

function location({ at, resource }: LocatedFinding): NonNullable<Result['locations']>[number] {
  const isFile = at.file !== undefined && !at.file.startsWith('<');
  return {
    ...(isFile && {
      physicalLocation: {
        artifactLocation: { uri: encodeURI(at.file!), ...(!at.file!.startsWith('/') && { uriBaseId: '%SRCROOT%' }) },
        region: { startLine: at.line, startColumn: at.column },
      },
    }),
    logicalLocations: [{ name: resource.logicalId, fullyQualifiedName: at.construct ?? `${resource.stack}/${resource.logicalId}`, kind: 'resource' }],
  };
}

/** The same for the same finding wherever its lines have moved to; another once a request that was not possible is. */
export function fingerprint({ rule, resource: { stack, logicalId }, statement = '', message }: LocatedFinding): string {
  return createHash('sha256').update(JSON.stringify([rule, stack, logicalId, statement, message])).digest('hex').slice(0, 32);
}
