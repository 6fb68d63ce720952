import type { Clock } from '../../base/time.ts';
import type { Caught, SetAside, TaskHappening, TaskObserver } from './task-events.ts';

/** Tells observers what happens to the tasks of one job. An observer that throws stops neither the job nor the others. */
export class TaskTeller {
  readonly #clock: Clock;
  readonly #observers: readonly TaskObserver[];

  constructor(clock: Clock, observers: readonly TaskObserver[] = []) {
    this.#clock = clock;
    this.#observers = observers;
  }

  tell(task: number, happening: TaskHappening): void {
    const atMs = this.#clock.now();
    this.#each((observer) => observer.onTask({ ...happening, task, atMs }));
  }

  caught(caught: Omit<Caught, 'atMs'>): void {
    const atMs = this.#clock.now();
    this.#each((observer) => observer.onCaught({ ...caught, atMs }));
  }

  setAside(setAside: Omit<SetAside, 'atMs'>): void {
    const atMs = this.#clock.now();
    this.#each((observer) => observer.onSetAside?.({ ...setAside, atMs }));
  }

  forgotten(task: number): void {
    this.#each((observer) => observer.onForgotten?.(task));
  }

  #each(tell: (observer: TaskObserver) => void): void {
    for (const observer of this.#observers) {
      try {
        tell(observer);
      } catch (error) {
        console.error('An observer of tasks failed.', error);
      }
    }
  }
}
