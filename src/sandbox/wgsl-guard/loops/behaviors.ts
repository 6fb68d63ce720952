import type { Block, Statement } from '../read/statements.ts';

/** How control leaves a statement (specification, 9.8): to the next one, or by jumps. */
interface Ways {
  readonly next: boolean;
  readonly break: boolean;
  readonly continue: boolean;
  readonly return: boolean;
}

const NEXT: Ways = { next: true, break: false, continue: false, return: false };
const NOWHERE: Ways = { next: false, break: false, continue: false, return: false };

/**
 * Does control reach the end of a block? With `hasExits`, when every loop in it may end (as guarded loops do), else
 * as the author wrote it.
 */
export function reachesEnd(block: Block, hasExits: boolean): boolean {
  return ofBlock(block, hasExits).next;
}

function ofBlock({ statements }: Block, hasExits: boolean): Ways {
  let ways = NEXT;
  for (const statement of statements) {
    if (!ways.next) break;
    const one = ofStatement(statement, hasExits);
    ways = { ...either({ ...ways, next: false }, one), next: one.next };
  }
  return ways;
}

function either(a: Ways, b: Ways): Ways {
  return {
    next: a.next || b.next,
    break: a.break || b.break,
    continue: a.continue || b.continue,
    return: a.return || b.return,
  };
}

function ofStatement(statement: Statement, hasExits: boolean): Ways {
  switch (statement.kind) {
    case 'simple':
      return ofSimple(statement.keyword);
    case 'block':
    case 'continuing':
      return ofBlock(statement.block, hasExits);
    case 'branch': {
      const start = statement.isTotal ? NOWHERE : NEXT;
      const all = statement.blocks.map((block) => ofBlock(block, hasExits)).reduce(either, start);
      return statement.form === 'if' ? all : { ...all, next: all.next || all.break, break: false };
    }
    case 'loop': {
      const body = ofBlock(statement.body, hasExits);
      const hasCondition = statement.condition.from < statement.condition.to;
      return { ...NOWHERE, next: hasExits || hasCondition || body.break, return: body.return };
    }
  }
}

function ofSimple(keyword: string): Ways {
  if (keyword === 'return') return { ...NOWHERE, return: true };
  if (keyword === 'break') return { ...NOWHERE, break: true };
  if (keyword === 'break if') return { ...NEXT, break: true };
  if (keyword === 'continue') return { ...NOWHERE, continue: true };
  return NEXT;
}
