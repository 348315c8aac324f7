import { readFileSync } from 'node:fs';
import { checksPage } from '../../scripts/checks-page';

test('docs/checks.md is what the rules say', () => expect(readFileSync('docs/checks.md', 'utf8')).toBe(checksPage()));
