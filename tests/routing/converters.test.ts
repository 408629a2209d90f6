import { describe, expect, test } from '@jest/globals'
import { BaseConverter, Rule, UrlMap, ValidationError } from '../../lib/routing/index.ts'
import { bound, built, matched } from './outcomes.ts'

/** Returns the variable `x` of a rule; null where the path is not found. */
function readAs(variable: string, text: string): unknown {
  const outcome = matched(bound([new Rule(`/${variable}`, { endpoint: 'x' })]), `/${encodeURIComponent(text)}`)
  return 'args' in outcome ? outcome.args.x : null
}

const urlOf = (variable: string, x: unknown) => built(bound([new Rule(`/${variable}`, { endpoint: 'x' })]), 'x', { x })

describe('int', () => {
  test('takes digits, of any script, and gives a number', () => {
    expect(readAs('<int:x>', '0042')).toBe(42)
    expect(readAs('<int:x>', '٠٤٢')).toBe(42)
    expect(readAs('<int:x>', '𝟜𝟚')).toBe(42)
    for (const text of ['-1', '+1', '1.0', '1_0', ' 1', '', '½', '1e3', '0x1'])
      expect(readAs('<int:x>', text)).toBeNull()
  })

  test('signed takes a minus, and -0 is 0', () => {
    expect(readAs('<int(signed=True):x>', '-5')).toBe(-5)
    expect(readAs('<int(signed=true):x>', '-0')).toBe(0)
    expect(readAs('<int(signed=true):x>', '--5')).toBeNull()
  })

  test('fixedDigits, min and max hold', () => {
    expect(readAs('<int(fixed_digits=4):x>', '0042')).toBe(42)
    for (const name of ['maxlength', 'maxLength', 'max_length'])
      expect([readAs(`<string(${name}=2):x>`, 'ab'), readAs(`<string(${name}=2):x>`, 'abc')]).toEqual(['ab', null])
    expect(readAs('<int(fixedDigits=4):x>', '42')).toBeNull()
    expect(readAs('<int(4):x>', '0042')).toBe(42)
    expect(readAs('<int(min=10, max=20):x>', '9')).toBeNull()
    expect(readAs('<int(min=10, max=20):x>', '20')).toBe(20)
    expect(readAs('<int(min=-5, signed=true):x>', '-6')).toBeNull()
    expect(urlOf('<int(fixedDigits=4):x>', 7)).toBe('/0007')
    expect(urlOf('<int(fixedDigits=4,signed=true):x>', -7)).toBe('/-007')
  })

  test('numbers that JavaScript cannot hold exactly are not found', () => {
    expect(readAs('<int:x>', '9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
    expect(readAs('<int:x>', '9007199254740992')).toBeNull()
    expect(readAs('<int(signed=true):x>', '-9007199254740993')).toBeNull()
    expect(readAs('<int:x>', '9'.repeat(400))).toBeNull()
  })

  test('what Python’s int() takes can be built, and nothing else', () => {
    expect(urlOf('<int:x>', 1.9)).toBe('/1')
    expect(urlOf('<int:x>', ' 1_000 ')).toBe('/1000')
    expect(urlOf('<int:x>', 10n ** 30n)).toBe(`/1${'0'.repeat(30)}`)
    expect(urlOf('<int:x>', true)).toBe('/1')
    for (const value of ['x', '', '1.5', Number.NaN, Number.POSITIVE_INFINITY, {}, []])
      expect(urlOf('<int:x>', value)).toBeNull()
  })
})

describe('float', () => {
  test('takes digits, a point, digits', () => {
    expect(readAs('<float:x>', '1.50')).toBe(1.5)
    expect(readAs('<float:x>', '٣.٥')).toBe(3.5)
    expect(readAs('<float(signed=true):x>', '-0.25')).toBe(-0.25)
    expect(readAs('<float(min=0.5,max=1.5):x>', '0.4')).toBeNull()
    for (const text of ['1', '.5', '1.', '-1.0', '1,5', '1.5e3']) expect(readAs('<float:x>', text)).toBeNull()
  })

  test('is written with its point and without an exponent, so that its rule matches it', () => {
    const written: [unknown, string][] = [
      [5, '5.0'],
      [0.5, '0.5'],
      [-0, '-0.0'],
      [0.0001, '0.0001'],
      [0.00001, '0.00001'],
      [-1.25e-7, '-0.000000125'],
      [123.456, '123.456'],
      [1e15, '1000000000000000.0'],
      [1e16, '10000000000000000.0'],
      [1.5e300, `15${'0'.repeat(299)}.0`],
      ['2.50', '2.5'],
    ]
    for (const [value, text] of written) {
      expect(urlOf('<float:x>', value)).toBe(`/${text}`)
      expect(readAs('<float(signed=true):x>', text)).toBe(Number(value))
    }
    expect(urlOf('<float:x>', 'inf')).toBeNull()
  })
})

describe('text', () => {
  test('string counts code points', () => {
    expect(readAs('<string(length=2):x>', '🍰🍰')).toBe('🍰🍰')
    expect(readAs('<string(length=2):x>', '🍰')).toBeNull()
    expect(readAs('<string(minlength=2,maxlength=3):x>', 'abcd')).toBeNull()
    expect(matched(bound([new Rule('/a/<string(minlength=0):x>', { endpoint: 'x' })]), '/a/')).toEqual({
      endpoint: 'x',
      args: { x: '' },
    })
  })

  test('any takes one of its items, quoted or not, and numbers as they are written', () => {
    const any = '<any(about,"foo,bar",\'a b\',007,2024):x>'
    for (const text of ['about', 'foo,bar', 'a b', '007', '2024']) expect(readAs(any, text)).toBe(text)
    for (const text of ['abou', 'aboutt', 'foo', '7', 'a.b']) expect(readAs(any, text)).toBeNull()
    expect(urlOf(any, 'a b')).toBe('/a%20b')
    expect(urlOf(any, 'other')).toBeNull()
    expect(readAs('<any(a.b):x>', 'axb')).toBeNull()
  })

  test('uuid gives lower case', () => {
    expect(readAs('<uuid:x>', '6FA459EA-ee8a-3ca4-894e-db77e160355E')).toBe('6fa459ea-ee8a-3ca4-894e-db77e160355e')
    expect(readAs('<uuid:x>', '6fa459eaee8a3ca4894edb77e160355e')).toBeNull()
  })

  test('path takes slashes, but not at its start', () => {
    const urls = bound([new Rule('/<path:x>/edit', { endpoint: 'edit' }), new Rule('/<path:x>', { endpoint: 'show' })])
    expect(matched(urls, '/a/b/edit')).toEqual({ endpoint: 'edit', args: { x: 'a/b' } })
    expect(matched(urls, '/edit/edit/edit')).toEqual({ endpoint: 'edit', args: { x: 'edit/edit' } })
    expect(matched(urls, '/a//b')).toEqual({ endpoint: 'show', args: { x: 'a//b' } })
  })

  test('several variables share a segment as a regular expression would have it', () => {
    const urls = bound([
      new Rule('/<a>-<b>.html', { endpoint: 'greedy' }),
      new Rule('/v<int:major>.<int:minor>', { endpoint: 'version' }),
      new Rule('/<string(length=2):lang>_<any(a,ab):x><rest>', { endpoint: 'any' }),
    ])
    expect(matched(urls, '/a-b-c.html')).toEqual({ endpoint: 'greedy', args: { a: 'a-b', b: 'c' } })
    expect(matched(urls, '/v1.20')).toEqual({ endpoint: 'version', args: { major: 1, minor: 20 } })
    expect(matched(urls, '/de_abc')).toEqual({ endpoint: 'any', args: { lang: 'de', x: 'a', rest: 'bc' } })
    expect(matched(urls, '/de_ab')).toEqual({ endpoint: 'any', args: { lang: 'de', x: 'a', rest: 'b' } })
  })
})

describe('converters of one’s own', () => {
  class List extends BaseConverter<string[]> {
    override toValue(text: string) {
      return text.split('+')
    }
    override toUrl(items: string[]) {
      return items.map((item) => super.toUrl(item as never)).join('+')
    }
  }
  class Year extends BaseConverter<number> {
    override regex = String.raw`\d{4}`
    override weight = 10
    override toValue(text: string) {
      if (Number(text) < 1990) throw new ValidationError()
      return Number(text)
    }
    override toUrl(year: number) {
      if (year < 1990) throw new ValidationError()
      return String(year)
    }
  }
  class Rest extends BaseConverter<string> {
    override regex = '[a-z]+(?:/[a-z]+)*'
  }
  class Between extends BaseConverter<string> {
    override regex = `(${this.arguments.positional.join('|')})-(?<own>[a-z]+)`
  }
  const converters = { list: List, year: Year, rest: Rest, between: Between }
  const urls = bound(
    [
      new Rule('/tags/<list:tags>', { endpoint: 'tags' }),
      new Rule('/y/<int:n>', { endpoint: 'number' }),
      new Rule('/y/<year:y>', { endpoint: 'year' }),
      new Rule('/old/<int:y>', { endpoint: 'year' }),
      new Rule('/r/<rest:r>/end', { endpoint: 'rest' }),
      new Rule('/b/x<between(1,2):b>.<c>', { endpoint: 'between' }),
    ],
    { converters },
  )

  test('have their own values, regex and weight', () => {
    expect(matched(urls, '/tags/a+b%20c')).toEqual({ endpoint: 'tags', args: { tags: ['a', 'b c'] } })
    expect(urls.build('tags', { tags: ['a', 'b c'] })).toBe('/tags/a+b%20c')
    expect(matched(urls, '/y/2009')).toEqual({ endpoint: 'year', args: { y: 2009 } })
    expect(matched(urls, '/y/20')).toEqual({ endpoint: 'number', args: { n: 20 } })
  })

  test('a ValidationError in toValue is a 404, in toUrl the next rule’s turn', () => {
    expect(matched(urls, '/y/1989')).toEqual({ error: 404 })
    expect(urls.build('year', { y: 1989 })).toBe('/old/1989')
  })

  test('a regex with a slash takes several segments', () => {
    expect(matched(urls, '/r/a/b/c/end')).toEqual({ endpoint: 'rest', args: { r: 'a/b/c' } })
    expect(matched(urls, '/r/a/B/end')).toEqual({ error: 404 })
  })

  test('arguments reach them, and groups of their own do no harm', () => {
    expect(matched(urls, '/b/x2-abc.d')).toEqual({ endpoint: 'between', args: { b: '2-abc', c: 'd' } })
    expect(matched(urls, '/b/x3-abc.d')).toEqual({ error: 404 })
  })

  test('one that fails for another reason is not hidden', () => {
    class Broken extends BaseConverter {
      override toValue(): never {
        throw new RangeError('broken')
      }
    }
    const broken = new UrlMap([new Rule('/<broken:x>', { endpoint: 'x' })], { converters: { broken: Broken } })
    expect(() => broken.bind({ serverName: 'a' }).match('/x')).toThrow('broken')
  })

  test('may take the place of a usual one', () => {
    const own = bound([new Rule('/<x>', { endpoint: 'x' })], { converters: { default: Year } })
    expect(matched(own, '/2009')).toEqual({ endpoint: 'x', args: { x: 2009 } })
    expect(matched(own, '/x')).toEqual({ error: 404 })
  })
})

describe('a megabyte of path is matched in linear time', () => {
  test.each([
    ['/<a>-<b>-<c>-<d>!', '-', 0],
    ['/<a>-<b>-<c>-<d>', '-', 1],
    ['/<path:a>/x/<path:b>/y/<path:c>/z', 'x/y/', 0],
    ['/<float(signed=true):a><float:b><int:c>', '1.1', 0],
    ['/<string(minlength=3):b>-<any(a,aa):c><any(a,aa):d><path:e>', 'aaa-', 1],
  ])(
    '%s on %s',
    (rule, text, found) => {
      const urls = bound([new Rule(rule, { endpoint: 'x' })], { mergeSlashes: false })
      expect(urls.rulesFor(`/${text.repeat(Math.ceil(1_000_000 / text.length))}`).length).toBe(found)
    },
    120_000,
  )
})
