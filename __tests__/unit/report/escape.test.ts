import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { marked } from 'marked'
import {
  escapeHtml,
  escapeMarkdown,
  markdownBlock,
  markdownCode,
} from '../../../src/report/escape.js'
import { linesOf, visible } from '../../../src/report/format.js'
import { elementsOf, textOf } from '../../support/html.js'
import { hostileNames } from '../../support/reports.js'

const render = (markdown: string): string => marked.parse(markdown, { async: false })

/** Text of the pieces that Markdown and HTML are made of, so that they meet in one text more often than by chance. */
const hostileText = fc.oneof(
  fc.constantFrom(...hostileNames),
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        ...[
          '`',
          '``',
          '|',
          '\\',
          '*',
          '_',
          '~~',
          '<',
          '>',
          '<b>',
          '<!--',
          '-->',
          '&amp;',
          '&#124;',
          '#1',
          '@a',
        ],
        ...[
          '[a](b)',
          '![',
          ']',
          '(',
          ')',
          'http://a.example',
          'www.a.example',
          'a@b.example',
          ':tada:',
          '$x$',
        ],
        ...[
          '\n',
          '\r\n',
          '    ',
          ' ',
          '\t',
          '---',
          '1.',
          '- ',
          '+ ',
          '=',
          '> ',
          'GH-1',
          'word',
          '表',
          '\u202e',
        ],
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
)

/** The cells of the second row of a table that has the Markdown in its middle. */
function cellsAround(markdown: string): string[] {
  const html = render(`| a | b | c |\n| --- | --- | --- |\n| first | ${markdown} | last |\n`)
  return elementsOf(html)
    .filter((element) => element.name === 'td')
    .map((element) => element.text)
}

/** What text reads like when runs of spaces count as one, as in HTML. */
const collapsed = (text: string): string => text.replace(/ +/g, ' ').trim()

const allowed = (html: string): string[] =>
  elementsOf(html)
    .map((element) => element.name)
    .filter((name) => !['p', 'code', 'span', 'br'].includes(name))

describe('markdownCode', () => {
  test('is the name and nothing else in a cell of a table', () => {
    fc.assert(
      fc.property(hostileText, (name) => {
        const cells = cellsAround(markdownCode(name)).map(collapsed)
        expect(cells).toEqual(['first', collapsed(visible(name)), 'last'])
      }),
    )
  })

  test('makes no element but its own', () => {
    fc.assert(
      fc.property(hostileText, (name) => {
        expect(allowed(render(`See ${markdownCode(name)}.`))).toEqual([])
      }),
    )
  })

  test('stays readable for ordinary names', () => {
    expect(markdownCode('app.order_items')).toBe('`app.order_items`')
  })
})

describe('escapeMarkdown', () => {
  test('is the text and nothing else in a cell of a table', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const [first, cell, last] = cellsAround(escapeMarkdown(text))
        expect([first, last]).toEqual(['first', 'last'])
        expect(collapsed(cell ?? '')).toBe(collapsed(linesOf(text).join('\n')))
      }),
    )
  })

  test('makes no element at the start of a paragraph either', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(allowed(render(escapeMarkdown(text).trim()))).toEqual([])
      }),
    )
  })

  test.each(['@octocat', '#123', 'GH-123', ':tada:', '$x$', 'a@b.example'])(
    'keeps %s out of one run of text, where GitHub looks for it',
    (text) => {
      const runs = render(escapeMarkdown(`see ${text}`)).split(/<[^>]*>/)
      expect(runs.filter((run) => textOf(run).includes(text))).toEqual([])
    },
  )
})

test('a fenced block holds every line of any text', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const elements = elementsOf(render(markdownBlock(text).join('\n')))
      expect(elements.map((element) => element.name)).toEqual(['pre', 'code'])
      expect(elements[1]?.text.trimEnd()).toBe(linesOf(text).join('\n').trimEnd())
    }),
  )
})

test('escaped HTML is the text, in an element and in an attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const [element] = elementsOf(`<p title="${escapeHtml(text)}">${escapeHtml(text)}</p>`)
      expect([element?.text, element?.attributes['title']]).toEqual([text, text])
    }),
  )
})
