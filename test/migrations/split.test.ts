// Statements are cut where the server would cut them.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SplitError, splitStatements } from '../../src/migrations/split.ts'

const texts = (sql: string): string[] => splitStatements(sql).map(({ text }) => text)

describe('splitStatements', () => {
  it.each([
    ['plain', 'select 1; select 2', ['select 1', 'select 2']],
    ['a string', "select ';'; select 'it''s;'", ["select ';'", "select 'it''s;'"]],
    ['an escape string', String.raw`select E'a\';b'; select 2`, [String.raw`select E'a\';b'`, 'select 2']],
    ['no escape without E', String.raw`select 'a\'; select 2`, [String.raw`select 'a\'`, 'select 2']],
    [
      'a name ending in e before a string',
      "select date'2026-01-01'; select 2",
      ["select date'2026-01-01'", 'select 2'],
    ],
    ['a quoted name', 'select 1 as "a;""b"; select 2', ['select 1 as "a;""b"', 'select 2']],
    ['a dollar quote', 'do $$ begin; end $$; select 2', ['do $$ begin; end $$', 'select 2']],
    ['a tagged one, with another inside', 'do $a$ x; $$ y; $$ $a$; select 2', ['do $a$ x; $$ y; $$ $a$', 'select 2']],
    ['a parameter is no dollar quote', 'select $1; select $1$', ['select $1', 'select $1$']],
    ['a dollar inside a name', 'select a$b; select c$b', ['select a$b', 'select c$b']],
    [
      'comments',
      '-- a; b\nselect 1 /* ; /* ; */ ; */; -- c;\nselect 2 -- d',
      ['select 1 /* ; /* ; */ ; */', 'select 2 -- d'],
    ],
    [
      'parentheses',
      'create rule r as on insert to t do (select 1; select 2); select 3',
      ['create rule r as on insert to t do (select 1; select 2)', 'select 3'],
    ],
    [
      'a body written with BEGIN ATOMIC',
      'create or replace function f() returns int begin atomic select 1; select case when true then 1 else 2 end; end; select 2',
      [
        'create or replace function f() returns int begin atomic select 1; select case when true then 1 else 2 end; end',
        'select 2',
      ],
    ],
    [
      'CASE ... END elsewhere',
      'select case when true then 1 end; select 2',
      ['select case when true then 1 end', 'select 2'],
    ],
    ['a comment that ends with a carriage return', '-- a\rselect 1; select 2', ['select 1', 'select 2']],
    ['empty statements', ';; select 1;;\n; -- nothing\n', ['select 1']],
  ])('%s', (_, sql, expected) => {
    expect(texts(sql)).toEqual(expected)
  })

  it('knows the line of each statement', () => {
    const sql = "\n-- a comment\nselect '\n\n';\n\n  /* more\n */ select 2;select 3"
    expect(splitStatements(sql).map(({ line }) => line)).toEqual([3, 8, 8])
  })

  it.each([
    ["select 'a", 1, 'a string'],
    ['\n\nselect "a', 3, 'a quoted name'],
    ['select 1;\ndo $x$ $$', 2, 'a dollar quote'],
    ['select 1 /* /* */', 1, 'a comment'],
    ['select 1;\n\\restrict abc', 2, 'psql'],
  ])('refuses %j', (sql, line, problem) => {
    let error: unknown
    try {
      splitStatements(sql)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(SplitError)
    expect((error as SplitError).line).toBe(line)
    expect((error as SplitError).message).toContain(problem)
  })

  it('takes any list of statements apart as it was put together', () => {
    const piece = fc.constantFrom(
      "'a;b'",
      "'it''s'",
      String.raw`E'\';'`,
      '"q;q"',
      '$$ ; $$',
      '$t$ ; $$ ; $t$',
      '/* ; /* ; */ */',
      '(a; b)',
      'word',
      '1',
      ', ',
      '\n',
      '-- ;\n',
    )
    const statement = fc.array(piece, { maxLength: 6 }).map((pieces) => ['select', ...pieces, 'x'].join(' '))
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 5 }), (statements) => {
        expect(texts(statements.join(';\n'))).toEqual(statements)
      }),
    )
  })
})
