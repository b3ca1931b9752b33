/** What a run does to the roles of the target: its turn at them, what is moved, tried, lent and borrowed, and given back. */
import { messageOf } from '../errors.js'
import type { Servers } from './preparation.js'
import {
  borrowRoles,
  grantLater,
  lendRoles,
  moveRoles,
  returnRoles,
  returnStatement,
  settleLentRoles,
  takeBackRoles,
  takeTurn,
  type BorrowedRole,
  type MovedRoles,
  type Step,
  type Turn,
} from '../roles/index.js'
import { addFinding, isRehearsal, timePhase, type Run } from '../run.js'
import { repeatedWhenLost, type Server } from '../server/index.js'
import { sayingWhomTheTargetAwaits } from './waiting-on-target.js'

/** Whoever changes, lends or borrows roles has its turn at them, until all that was lent or borrowed is given back. */
export function withTurn(
  run: Run,
  { target }: Servers,
  work: (turn: Turn) => Promise<void>,
): Promise<void> {
  return sayingWhomTheTargetAwaits(run, target, () => holdingTurn(run, target, work))
}

async function holdingTurn(
  run: Run,
  target: Server,
  work: (turn: Turn) => Promise<void>,
): Promise<void> {
  const { log, signal, report, inputs, journal } = run
  const turn = await repeatedWhenLost(() =>
    takeTurn(target, {
      log,
      signal,
      clock: run.clock,
      waiting: (wait) => timePhase(run, report.phases, 'wait', 'target', wait),
    }),
  )
  try {
    if (inputs.roles !== 'skip')
      await repeatedWhenLost(() => settleLentRoles(target, isRehearsal(run), journal.addRoles))
    await work(turn)
  } finally {
    // After a cancel, the clean-up takes them back over connections of its own; then the turn ends with the process.
    if (!signal.aborted) {
      await takeBack(run, target)
      await turn.release()
    }
  }
}

async function takeBack({ journal, log, clock }: Run, target: Server): Promise<void> {
  try {
    await takeBackRoles(target, journal.entries().roles, { log, clock })
    journal.clearRoles()
  } catch (error) {
    log.warning(
      `Roles of the rehearsal could not be dropped on the target yet: ${messageOf(error)}`,
    )
  }
}

/**
 * A rehearsal tries the roles in a transaction that it rolls back, and borrows their names until its end. Returns the
 * memberships that are granted when the databases have been moved, and what is to be there at the end.
 */
export async function rolesOfTarget(
  run: Run,
  servers: Servers,
): Promise<Pick<MovedRoles, 'later' | 'carriedOver'>> {
  const { inputs, log, signal, report, journal } = run
  const rehearsal = isRehearsal(run)
  const moved = await moveRoles({ ...servers, mode: inputs.roles, rehearsal, log, signal })
  report.roles = moved.report
  // The plan of a rehearsal moves no database that would need them.
  if (report.mode === 'rehearse') {
    const { superusers, memberships } = moved
    const lent = { names: report.roles.created, superusers, memberships }
    await repeatedWhenLost(() => lendRoles(servers.target, lent, journal.addRoles))
  }
  return moved
}

/** Memberships in the administrator itself, once it has given back what it borrowed from their members. */
export async function giveMembers(
  { report, log, signal }: Run,
  { target }: Servers,
  later: readonly Step[],
): Promise<void> {
  for (const skipped of await grantLater(target, later, signal)) {
    report.roles?.skipped.push(skipped)
    log.warning(`Role ${JSON.stringify(skipped.role)}: ${skipped.reason}`)
  }
}

/** Whoever is no superuser must belong to the roles to which it gives objects, for as long as the databases are moved. */
export async function withBorrowedRoles(
  run: Run,
  servers: Servers,
  databases: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const { journal, log, signal } = run
  const { target } = servers
  const { refused } = await repeatedWhenLost(() =>
    borrowRoles(servers, databases, journal.addBorrowedRole),
  )
  // Also what a first attempt has borrowed, whose connection was lost.
  const borrowed = journal.entries().borrowedRoles
  if (borrowed.length > 0) {
    log.info(`Borrowed for this run: ${[...new Set(borrowed.map(({ role }) => role))].join(', ')}.`)
  }
  for (const { role, reason } of refused)
    log.info(`Role ${JSON.stringify(role)} is not borrowed: ${reason}`)
  try {
    await work()
  } finally {
    // After a cancel, the clean-up gives them back over connections of its own.
    if (!signal.aborted && borrowed.length > 0) await giveBack(run, target, borrowed)
  }
}

/** What could not be given back is told: the databases have been moved by then, and the result of the run stands. */
async function giveBack(
  run: Pick<Run, 'report' | 'log' | 'journal'>,
  target: Server,
  borrowed: readonly BorrowedRole[],
): Promise<void> {
  const kept = await repeatedWhenLost(() => returnRoles(target, borrowed)).catch((error: unknown) =>
    borrowed.map(({ role }) => ({ role, reason: messageOf(error) })),
  )
  if (kept.length === 0) run.journal.clearBorrowedRoles()
  const user = JSON.stringify(target.facts.user)
  for (const { role, reason } of kept) {
    const loan = borrowed.find((each) => each.role === role)
    if (loan === undefined) continue
    addFinding(run, {
      check: 'role-still-borrowed',
      severity: 'warning',
      object: role,
      message: `The role ${user} of target-url had borrowed the role ${JSON.stringify(role)} of the target for this run, and could not give it back: ${reason} This is tried once more at the end of the run.`,
      remedy: `-- on the target, as the role of target-url or a superuser; nothing happens where it has been given back\n${returnStatement(loan, target)};`,
    })
  }
}
