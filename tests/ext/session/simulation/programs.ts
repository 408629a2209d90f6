// The programs of the simulated requests. Each leaves marks of its own, so that every record tells which
// requests it holds.
import type { SessionStore } from '../../../../lib/ext/session/session-store.ts'

/** The calls that a program may make; `mark` tells the checker which marks the request wants to leave or remove. */
export interface Task {
  /** The request's number. */
  n: number
  store: SessionStore
  marks: Set<string>
  removed: Set<string>
  /** The value that it wants to give `x`. */
  x: number | undefined
  /** The request chose a new identity, or ended the session, itself. */
  moves: boolean
  ends: boolean
  sleep(): Promise<void>
}

type Data = Record<string, unknown>

const dataOf = (task: Task) => task.store.current as unknown as Data

function pushTo(task: Task, key: string, mark: string): void {
  const data = dataOf(task)
  data[key] ??= []
  ;(data[key] as number[]).push(task.n)
  task.marks.add(`${mark}${task.n}`)
}

export const programs = {
  read(task: Task): void {
    void Object.keys(dataOf(task))
  },
  /** Does not look at the session at all. */
  nothing(): void {},
  key(task: Task): void {
    dataOf(task)[`k${task.n}`] = task.n
    task.marks.add(`k${task.n}`)
  },
  push(task: Task): void {
    pushTo(task, 'list', 'l')
  },
  member(task: Task): void {
    const data = dataOf(task)
    data.members ??= new Set()
    ;(data.members as Set<number>).add(task.n)
    task.marks.add(`s${task.n}`)
  },
  scalar(task: Task): void {
    dataOf(task).x = task.x = task.n
  },
  /** A sum, which only the application's own merge gets right. */
  add(task: Task): void {
    const data = dataOf(task)
    data.sum = ((data.sum as number | undefined) ?? 0) + 1
    pushTo(task, 'added', 'a')
  },
  remove(task: Task): void {
    const list = dataOf(task).list as number[] | undefined
    const [first] = list?.splice(0, 1) ?? []
    if (first !== undefined) task.removed.add(`l${first}`)
  },
  async count(task: Task): Promise<void> {
    const { n } = task
    const done = await task.store.update((session) => {
      const data = session as unknown as Data
      data.n = ((data.n as number | undefined) ?? 0) + 1
      data.log ??= []
      ;(data.log as number[]).push(n)
    })
    if (done) task.marks.add(`u${n}`)
  },
  async countAndPush(task: Task): Promise<void> {
    pushTo(task, 'list', 'l')
    await programs.count(task)
  },
  async slow(task: Task): Promise<void> {
    await task.sleep()
    programs.key(task)
    await task.sleep()
    programs.push(task)
  },
  async slowTouch(task: Task): Promise<void> {
    await task.sleep()
    task.store.touch()
  },
  login(task: Task): void {
    task.moves = true
    task.store.regenerate()
    task.store.user = 'ann'
    programs.key(task)
  },
  async slowMove(task: Task): Promise<void> {
    task.moves = true
    await task.sleep()
    task.store.regenerate()
    programs.push(task)
  },
  async logout(task: Task): Promise<void> {
    task.ends = true
    await task.store.destroy()
  },
  async logoutAndBegin(task: Task): Promise<void> {
    task.ends = true
    await task.store.destroy()
    programs.key(task)
  },
  async endAll(task: Task): Promise<void> {
    task.ends = true
    await task.store.destroyAllFor('ann')
  },
  fail(task: Task): void {
    programs.key(task)
    throw new HandlerFailed()
  },
} satisfies Record<string, (task: Task) => void | Promise<void>>

export class HandlerFailed extends Error {}

/** Every mark in a record's data. */
export function marksIn(data: Data): string[] {
  const marks = Object.keys(data).filter((key) => /^k\d/.test(key))
  for (const item of (data.list as number[] | undefined) ?? []) marks.push(`l${item}`)
  for (const item of (data.log as number[] | undefined) ?? []) marks.push(`u${item}`)
  for (const item of (data.added as number[] | undefined) ?? []) marks.push(`a${item}`)
  for (const item of (data.members as Set<number> | undefined) ?? []) marks.push(`s${item}`)
  return marks
}
