/** The sections about whole servers: roles, parameters, and the versions that took part. */
import { paragraph, words } from '../document.js'
import type { Block, Limits, ListItem, Section, Text } from '../document.js'
import { formatCount, formatDuration, moment, shorten } from '../format.js'
import { countSettings, notVisible } from '../hidden-settings.js'
import type { ClientReport, Report, RolesReport, ServerReport } from '../report.js'
import { NONE } from './cells.js'
import { cut, more } from './cut.js'
import { nameList } from './names.js'

function skippedRoles(roles: RolesReport, limits: Limits): Block[] {
  if (roles.skipped.length === 0) return []
  const shown = cut(roles.skipped, limits)
  return [
    {
      kind: 'table',
      columns: [words('Role not carried over'), words('Reason')],
      rows: shown.entries.map(({ role, reason }): Text[] => [[{ code: role }], [reason]]),
    },
    ...more(shown.missing, 'role', limits),
  ]
}

/** Which roles were created, altered, kept and not carried over; null when roles were not looked at, or there are none. */
export function rolesSection(report: Report, limits: Limits): Section | null {
  const { roles } = report
  if (roles === null) return null
  const counts = [
    [roles.created.length, 'created'],
    [roles.altered.length, 'altered'],
    [roles.kept.length, 'kept as they are'],
    [roles.skipped.length, 'not carried over'],
  ] as const
  const parts = counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${formatCount(count)} ${what}`)
  if (parts.length === 0) return null
  const items = [
    ...nameList('Created', roles.created, limits),
    ...nameList('Altered', roles.altered, limits),
    ...nameList('Kept as they are', roles.kept, limits),
  ]
  const tried = report.mode === 'rehearse' ? [paragraph('Tried, and rolled back.')] : []
  return {
    id: 'roles',
    title: `Roles: ${parts.join(', ')}`,
    mood: 'plain',
    folded: true,
    blocks: [
      ...tried,
      ...(items.length === 0 ? [] : [{ kind: 'list', items } as const]),
      ...skippedRoles(roles, limits),
    ],
  }
}

function settingCell(value: string | null, limits: Limits): Text {
  if (value === null) return ['unknown there']
  if (value === notVisible) return [value]
  return value === '' ? ['(empty)'] : [{ code: shorten(value, limits.characters) }]
}

function settingsTitle({ settings }: Report): string {
  const { different, hidden } = countSettings(settings)
  const differing = `Server parameters that differ (${formatCount(different)})`
  return hidden === 0 ? differing : `${differing} or are not visible (${formatCount(hidden)})`
}

/** The server parameters that are not the same on both sides, or that nobody could compare; null when there are none. */
export function settingsSection(report: Report, limits: Limits): Section | null {
  if (report.settings.length === 0) return null
  const shown = cut(report.settings, limits)
  return {
    id: 'parameters',
    title: settingsTitle(report),
    mood: 'plain',
    folded: true,
    blocks: [
      {
        kind: 'table',
        columns: ['Parameter', 'Source', 'Target', 'Note'].map(words),
        rows: shown.entries.map((setting): Text[] => [
          [{ code: setting.name }],
          settingCell(setting.source, limits),
          settingCell(setting.target, limits),
          setting.note === '' ? NONE : [setting.note],
        ]),
      },
      ...more(shown.missing, 'parameter', limits),
    ],
  }
}

function serverItem(title: string, server: ServerReport | null): ListItem[] {
  if (server === null) return []
  const { version, host, provider } = server
  return [{ text: [`${title}: PostgreSQL ${version} on `, { code: host }, ` (${provider})`] }]
}

function clientItem(client: ClientReport): ListItem {
  const why = client.why === undefined ? '' : `, ${client.why}`
  const took =
    client.durationSeconds === undefined
      ? ''
      : `, ready in ${formatDuration(client.durationSeconds)}`
  return {
    text: [
      `Client tools: ${client.version} in `,
      { code: client.path },
      ` (${client.from}${why})${took}`,
    ],
  }
}

/** The two servers and the client tools, and when the run started. */
export function versionsSection(report: Report): Section {
  const items = [
    ...serverItem('Source', report.source),
    ...serverItem('Target', report.target),
    ...(report.client === null ? [] : [clientItem(report.client)]),
    { text: [`Started: ${moment(report.startedAt)}`] },
  ]
  return {
    id: 'servers',
    title: 'Servers and client tools',
    mood: 'plain',
    folded: true,
    blocks: [{ kind: 'list', items }],
  }
}
