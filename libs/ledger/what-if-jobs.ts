/**
 * Sweeps that run beside other work: each is checked whole before it begins, replays a few points a turn of the event loop, and keeps its result in memory until it is fetched, deleted or
 * pushed out by later ones. Invariant: all points of a job are of one moment of the log. Deliberately absent: surviving the process.
 */
import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Instant } from '../domain/instant';
import { isRefusal, type Refusal } from '../domain/refusal';
import type { PointAnswer } from '../projections/what-if/answer';
import { sweepPoints } from '../projections/what-if/sweep';
import type { Window } from '../projections/what-if/what-if';
import { Ledger } from './ledger';
import { openSweep, type SweepAnswer, type SweepRun } from './what-if';

export interface JobState {
  readonly jobId: string;
  readonly portfolioId: string;
  readonly status: 'running' | 'done' | 'cancelled' | 'failed';
  /** Scenarios replayed, and how many there are. */
  readonly done: number;
  readonly of: number;
}

interface Job {
  state: JobState;
  answer?: SweepAnswer;
}

/** Most that run at once. */
const RUNNING = 4;
/** Most that are kept. */
const KEPT = 32;
/** Milliseconds of one turn. */
const TURN = 10;

@Injectable()
export class WhatIfJobs implements OnModuleDestroy {
  private readonly jobs = new Map<string, Job>();

  constructor(private readonly ledger: Ledger) {}

  /** Undefined when too many run. */
  async start(portfolioId: string, data: unknown, window: Window, knownAt: Instant | undefined): Promise<JobState | Refusal | undefined> {
    if ([...this.jobs.values()].filter(({ state }) => state.status === 'running').length >= RUNNING) return undefined;
    const run = await openSweep(this.ledger, portfolioId, data, window, knownAt);
    if (isRefusal(run)) return run;
    const state: JobState = { jobId: randomUUID(), portfolioId, status: 'running', done: 0, of: run.sweep.points.length };
    const job: Job = { state };
    this.jobs.set(state.jobId, job);
    this.makeRoom();
    void this.work(job, run);
    return state;
  }

  state(jobId: string): JobState | undefined {
    return this.jobs.get(jobId)?.state;
  }

  /** Undefined while there is none. */
  answer(jobId: string): SweepAnswer | undefined {
    return this.jobs.get(jobId)?.answer;
  }

  /** Ends a job that runs, and forgets it. Answers what it was. */
  delete(jobId: string): JobState | undefined {
    const job = this.jobs.get(jobId);
    if (!job) return undefined;
    if (job.state.status === 'running') job.state = { ...job.state, status: 'cancelled' };
    this.jobs.delete(jobId);
    return job.state;
  }

  onModuleDestroy(): void {
    for (const jobId of [...this.jobs.keys()]) this.delete(jobId);
  }

  private async work(job: Job, run: SweepRun): Promise<void> {
    const points: PointAnswer[] = [];
    try {
      let since = performance.now();
      for (const point of sweepPoints(run.sweep)) {
        points.push(point);
        job.state = { ...job.state, done: points.length };
        if (performance.now() - since < TURN) continue;
        await new Promise((resolve) => setImmediate(resolve));
        if (job.state.status !== 'running') return;
        since = performance.now();
      }
      job.answer = run.finish(points);
      job.state = { ...job.state, status: 'done' };
    } catch {
      job.state = { ...job.state, status: 'failed' };
    }
  }

  /** Pushes out the oldest that does not run. */
  private makeRoom(): void {
    for (const [jobId, { state }] of this.jobs) {
      if (this.jobs.size <= KEPT) return;
      if (state.status !== 'running') this.jobs.delete(jobId);
    }
  }
}
