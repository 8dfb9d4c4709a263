// Standard Schema v1 (https://standardschema.dev), as far as it is used here: any validator that has `~standard` fits, and
// its types become the types of the messages. Types and one call; no validator is a dependency.

/** A validator. `Input` is what it takes, `Output` what it makes of that. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** For the compiler only. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** A value, or what is wrong with it: `issues` decides which. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value, and where in it. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** True for an answer that has to be waited for. */
export function isPending<T>(answer: T | Promise<T>): answer is Promise<T> {
  return typeof (answer as Partial<Promise<T>> | null | undefined)?.then === 'function';
}

/**
 * The issues in one line (`name: Required; tags.0: Expected string`), or `undefined` where there are none.
 * @throws {TypeError} Where what a validator gave is no result.
 */
export function describeRefusal(result: SchemaResult<unknown>): string | undefined {
  if (typeof result !== 'object' || result === null) throw new TypeError(`a validator gave ${String(result)}, no result`);
  return (result.issues ?? undefined)?.map(describeIssue).join('; ');
}

function describeIssue({ path = [], message }: SchemaIssue): string {
  const place = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
  return place === '' ? message : `${place}: ${message}`;
}
