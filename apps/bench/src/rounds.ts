// Measures contenders in turn: A B C, B C A, C A B… so that nobody always comes first, and a slow minute of the machine
// is shared by all. Knows nothing of what is measured.

/** A measurement by name. */
export type Contenders<T> = Record<string, () => Promise<T>>;

/** What each contender gave, round by round. */
export async function inTurn<T>(
  contenders: Contenders<T>,
  rounds: number,
  progress: (what: string) => void,
): Promise<Record<string, T[]>> {
  const names = Object.keys(contenders);
  const results: Record<string, T[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length] as string;
      progress(`${name}, ${round + 1} of ${rounds}`);
      results[name]?.push(await (contenders[name] as () => Promise<T>)());
    }
  }
  return results;
}
