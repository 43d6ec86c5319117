/** Metrics of what leaves the box: uploads, records, reports, notices. */
import type { Metric, MetricSources, Sample } from './metric-table.ts'

/** Status objects of publish/ and govern/ fit. */
export interface PublishNumbers {
  uploads: {
    receipted: number
    refused: number
    uncertain: number
    receiptedBytes: number
    receiptedRows: number
    retries: number
    waitingFiles: number
    waitingBytes: number
    putAside: number
  }
  backup: { segments: number; bytes: number; lost: number }
  records: readonly { name: string; delivered: number; waitingFiles: number; retries: number }[]
  reports: { made: number; mailed: number; failed: number }
  /** By way. */
  notices: Record<string, { sent: number; retried: number; failed: number }>
}

function one(of: (numbers: PublishNumbers) => number): (sources: MetricSources) => Sample[] {
  return ({ publish }) => [{ labels: {}, value: of(publish()) }]
}

function each<const Outcomes extends readonly string[]>(
  label: string,
  outcomes: Outcomes,
  of: (numbers: PublishNumbers) => Record<string, Record<Outcomes[number], number>>,
): (sources: MetricSources) => Sample[] {
  return ({ publish }) =>
    Object.entries(of(publish())).flatMap(([name, counts]) =>
      outcomes.map((outcome) => ({
        labels: label === '' ? { outcome } : { [label]: name, outcome },
        value: counts[outcome as Outcomes[number]],
      })),
    )
}

function records(
  of: (stream: PublishNumbers['records'][number]) => number,
): (sources: MetricSources) => Sample[] {
  return ({ publish }) =>
    publish().records.map((stream) => ({ labels: { output: stream.name }, value: of(stream) }))
}

export const publishMetrics: readonly Metric[] = [
  {
    name: 'gnomon_upload_files_total',
    type: 'counter',
    help: 'Files of uploads since the start, by what became of them',
    labels: ['outcome'],
    read: each('', ['receipted', 'refused', 'uncertain'], ({ uploads }) => ({ all: uploads })),
  },
  {
    name: 'gnomon_upload_receipted_bytes_total',
    type: 'counter',
    help: 'Bytes of receipted files',
    labels: [],
    read: one(({ uploads }) => uploads.receiptedBytes),
  },
  {
    name: 'gnomon_upload_receipted_rows_total',
    type: 'counter',
    help: 'Rows of receipted files',
    labels: [],
    read: one(({ uploads }) => uploads.receiptedRows),
  },
  {
    name: 'gnomon_upload_retries_total',
    type: 'counter',
    help: 'Steps of uploads that failed and were tried again',
    labels: [],
    read: one(({ uploads }) => uploads.retries),
  },
  {
    name: 'gnomon_upload_waiting_files',
    type: 'gauge',
    help: 'Files of uploads in the outbox that are on their way',
    labels: [],
    read: one(({ uploads }) => uploads.waitingFiles),
  },
  {
    name: 'gnomon_upload_waiting_bytes',
    type: 'gauge',
    help: 'Bytes of these files',
    labels: [],
    read: one(({ uploads }) => uploads.waitingBytes),
  },
  {
    name: 'gnomon_upload_put_aside_files',
    type: 'gauge',
    help: 'Files that were refused or are uncertain: they need a person',
    labels: [],
    read: one(({ uploads }) => uploads.putAside),
  },
  {
    name: 'gnomon_backup_bytes',
    type: 'gauge',
    help: 'Raw segments kept after they were stored',
    labels: [],
    read: one(({ backup }) => backup.bytes),
  },
  {
    name: 'gnomon_backup_lost_segments_total',
    type: 'counter',
    help: 'Kept segments that had to go before an upload had read them',
    labels: [],
    read: one(({ backup }) => backup.lost),
  },
  {
    name: 'gnomon_delivered_records_total',
    type: 'counter',
    help: 'Records that receivers took',
    labels: ['output'],
    read: records(({ delivered }) => delivered),
  },
  {
    name: 'gnomon_records_waiting_files',
    type: 'gauge',
    help: 'Files of records that wait for a receiver',
    labels: ['output'],
    read: records(({ waitingFiles }) => waitingFiles),
  },
  {
    name: 'gnomon_records_retries_total',
    type: 'counter',
    help: 'Batches of records that were sent again',
    labels: ['output'],
    read: records(({ retries }) => retries),
  },
  {
    name: 'gnomon_scheduled_reports_total',
    type: 'counter',
    help: 'Reports on schedule, by what became of them',
    labels: ['outcome'],
    read: each('', ['made', 'mailed', 'failed'], ({ reports }) => ({ all: reports })),
  },
  {
    name: 'gnomon_alert_notices_total',
    type: 'counter',
    help: 'Notices of alerts, by way: sent, retried (comes again), failed (given up after a day)',
    labels: ['way', 'outcome'],
    read: each('way', ['sent', 'retried', 'failed'], ({ notices }) => notices),
  },
]
