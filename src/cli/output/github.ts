import type { LocatedFinding } from './findings';
import { withRelated } from './findings';

/**
 * Annotations of GitHub Actions: lines that its runner finds in what a step prints.
 *
 * Source: GitHub Docs, "Workflow commands for GitHub Actions", setting an error message.
 */
export function annotations(findings: readonly LocatedFinding[]): string {
  return findings.map((finding) => {
    const { level, rule, name, message, fix, at } = finding;
    const effects = withRelated(finding).slice(1).map((each) => each.rule);
    const properties = Object.entries({ file: at.file, line: at.line, col: at.column, title: `${rule} ${name}` })
      .filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${property(String(value))}`);
    const text = `${message}. ${fix}${effects.length ? ` (With it goes ${[...new Set(effects)].join(', ')}.)` : ''}`;
    return `::${level} ${properties.join(',')}::${data(text)}\n`;
  }).join('');
}

function data(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(text: string): string {
  return data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
