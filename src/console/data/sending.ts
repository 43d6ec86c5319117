/** The files of the upload page: chosen, sent one after the other, paused, gone on with, given up. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, useCallback, useContext, useEffect, useRef, useState } from 'react'
import type { UploadRow } from '../../api/schemas.ts'
import { tell } from './ask.ts'
import { unfinishedQuery } from './queries.ts'
import { Stopped, isSame, sendFile } from './upload.ts'

export interface Item {
  key: number
  file: File
  state: 'chosen' | 'sending' | 'paused' | 'sent' | 'failed'
  sentBytes: number
  /** Where this run began, and when: the pace is that of the run. */
  run: { from: number; startMs: number }
  /** Sent by parts: the appliance holds the beginning. */
  held: UploadRow | null
  /** Once the appliance has all of it. */
  uploadId: string | null
  /** The line is broken, and tried again. */
  trouble: string | null
  fault: Error | null
}

export interface Destination {
  /** 'snapshot', or the source whose continuous report it goes into. */
  kind: string
  title: string
}

const isWaiting = ({ state }: Item): boolean =>
  state === 'chosen' || state === 'failed' || state === 'paused'

let counter = 0

/** Held over the pages, so that what is sent goes on while somebody looks at another one. */
export const SendingContext = createContext<ReturnType<typeof useSendingState> | null>(null)

/** Sent one after the other: the appliance reads faster than a line brings them. */
export function useSendingState() {
  const answers = useQueryClient()
  const [items, setItems] = useState<Item[]>([])
  const [busy, setBusy] = useState(false)
  const [report, setReport] = useState<string | null>(null)
  const stops = useRef(new Map<number, AbortController>())
  const gone = useRef(new Set<number>())
  const halted = useRef(false)

  useEffect(() => {
    const open = stops.current
    // Signed out: nothing is sent in the name of who left.
    return () => {
      halted.current = true
      for (const stop of open.values()) stop.abort()
    }
  }, [])
  useEffect(() => {
    if (!busy) return
    const ask = (event: Event): void => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [busy])

  const patch = (key: number, change: Partial<Item>): void =>
    setItems((now) => now.map((item) => (item.key === key ? { ...item, ...change } : item)))

  const add = (list: Iterable<File>, held: readonly UploadRow[]): void => {
    const fresh = Array.from(list, (file): Item => {
      const known = held.find((row) => isSame(file, row)) ?? null
      return {
        key: counter++,
        file,
        state: known === null ? 'chosen' : 'paused',
        sentBytes: known?.receivedBytes ?? 0,
        run: { from: 0, startMs: 0 },
        held: known,
        uploadId: null,
        trouble: null,
        fault: null,
      }
    })
    setItems((now) => [...now, ...fresh.filter(({ file }) => file.size > 0)])
  }

  /** Stops what is sent; the appliance keeps what arrived of a large file. */
  const pause = (key: number): void => {
    halted.current = true
    stops.current.get(key)?.abort()
  }

  /** Takes a file off the page, and what arrived of it off the appliance. */
  const remove = (item: Item): void => {
    gone.current.add(item.key)
    stops.current.get(item.key)?.abort()
    setItems((now) => now.filter(({ key }) => key !== item.key))
    if (item.held !== null && item.uploadId === null) void giveUp(item.held.id)
  }

  const giveUp = async (id: string): Promise<void> => {
    await tell('DELETE', `/uploads/${id}`).catch(() => undefined)
    await answers.invalidateQueries({ queryKey: unfinishedQuery.queryKey })
  }

  const sendOne = async (item: Item, into: string | null, to: Destination): Promise<UploadRow> => {
    const stop = new AbortController()
    stops.current.set(item.key, stop)
    const title = to.title.trim() === '' ? undefined : to.title.trim()
    const snapshot = into === null ? { snapshot: 'true', report: title } : { into }
    return await sendFile(
      item.file,
      to.kind === 'snapshot' ? snapshot : { source: to.kind },
      item.held,
      {
        signal: stop.signal,
        onProgress: (sentBytes) => patch(item.key, { sentBytes }),
        onOpen: (held) => {
          if (gone.current.has(item.key)) void giveUp(held.id)
          const from = held.receivedBytes
          patch(item.key, { held, sentBytes: from, run: { from, startMs: Date.now() } })
          if (into === null && held.report !== 'continuous') setReport(held.report)
        },
        onTrouble: (trouble) => patch(item.key, { trouble }),
      },
    )
  }

  const start = async (to: Destination, only: number | null = null): Promise<void> => {
    setBusy(true)
    halted.current = false
    let into = report
    const wanted = items.filter((item) => isWaiting(item) && (only === null || item.key === only))
    // what was begun comes first: its report takes the others
    for (const item of wanted.toSorted(
      (a, b) => Number(b.held !== null) - Number(a.held !== null),
    )) {
      if (gone.current.has(item.key)) continue
      if (halted.current) break
      const run = { from: item.held === null ? 0 : item.sentBytes, startMs: Date.now() }
      patch(item.key, { state: 'sending', run, fault: null, trouble: null })
      try {
        const row = await sendOne(item, into, to)
        if (row.report !== 'continuous') setReport((into = row.report))
        patch(item.key, { state: 'sent', uploadId: row.id, sentBytes: item.file.size })
      } catch (error) {
        patch(
          item.key,
          error instanceof Stopped
            ? { state: 'paused', trouble: null }
            : { state: 'failed', trouble: null, fault: asError(error) },
        )
      }
      stops.current.delete(item.key)
    }
    setBusy(false)
    void answers.invalidateQueries({ queryKey: ['reports'] })
    void answers.invalidateQueries({ queryKey: unfinishedQuery.queryKey })
  }

  /** Nothing is on its way: who comes back begins anew, with a report of its own. */
  const clear = useCallback((): void => {
    setItems([])
    setReport(null)
  }, [])
  return { items, busy, report, add, start, pause, remove, giveUp, clear }
}

/** Whether files are on their way. */
export const useIsSending = (): boolean => useContext(SendingContext)?.busy === true

/** As the page of uploads sees it: with what was begun earlier. */
export function useSending() {
  const sending = useContext(SendingContext)
  if (sending === null) throw new Error('BUG: the page of uploads stands outside the shell')
  const held = useQuery(unfinishedQuery).data?.rows ?? []
  const { items, busy, add, clear } = sending
  const isBusy = useRef(busy)
  isBusy.current = busy
  useEffect(
    () => () => {
      if (!isBusy.current) clear()
    },
    [clear],
  )
  const shown = new Set(items.flatMap((item) => item.held?.id ?? []))
  return {
    ...sending,
    waiting: items.filter(isWaiting),
    /** Begun earlier, and not chosen again yet. */
    left: held.filter(({ id }) => !shown.has(id)),
    add: (list: Iterable<File>) => add(list, held),
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
