import type { types } from 'mediasoup';

/** What an observer over a whole virtual router needs to know of it. */
export interface ObservedRouter {
  readonly closed: boolean;

  /**
   * The real router that a producer lives in; undefined if the virtual router has no such producer
   * (any more). The same object for all producers in one real router.
   */
  realRouterOf(producerId: string): types.Router | undefined;

  /** A producer of the virtual router, as the application has it. */
  producerOf(producerId: string): types.Producer | undefined;

  /** A real router to create the first real observer in, so that errors are mediasoup's own. */
  anyRealRouter(): types.Router | Promise<types.Router>;
}
