import { TemplateError } from './errors';
import type { Stack } from './stack';

/** CloudFormation refuses resources that refer to each other in a circle: there is none it could make first. */
export function refuseCircles(stacks: readonly Stack[]): void {
  for (const stack of stacks) {
    const circle = findCircle(stack.references);
    if (circle) throw new TemplateError('ERR_TEMPLATE_CYCLE', `resources of stack '${stack.id}' depend on each other: ${circle.join(' → ')}`);
  }
}

function findCircle(references: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const cleared = new Set<string>();
  for (const start of references.keys()) {
    const path: { readonly node: string; readonly next: Iterator<string> }[] = [];
    const enter = (node: string): void => { path.push({ node, next: (references.get(node) ?? new Set<string>()).values() }); };
    enter(start);
    while (path.length) {
      const { node, next } = path[path.length - 1];
      const step = next.next();
      if (step.done) {
        cleared.add(node);
        path.pop();
      } else {
        const back = path.findIndex((entry) => entry.node === step.value);
        if (back >= 0) return [...path.slice(back).map((entry) => entry.node), step.value];
        if (!cleared.has(step.value)) enter(step.value);
      }
    }
  }
  return undefined;
}
