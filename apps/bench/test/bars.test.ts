import { describe, expect, test } from 'vitest';
import { judge } from '../src/bar.js';

describe('a bar', () => {
  test.each([
    [{ what: 'a', atLeast: 2 }, [1.9, 2, 9], true],
    [{ what: 'a', atLeast: 2 }, [9, 1.99, 1], false],
    [{ what: 'a', atMost: 1.5 }, [1.5, 1, 2], true],
    [{ what: 'a', atMost: 1.5 }, [1.51, 1, 2], false],
  ])('%j with the ratios %j: holds is %s', (bar, ratios, holds) => {
    expect(judge(bar, ratios, [1, 1, 1])).toMatchObject({ bar, holds });
  });

  test('keeps the spread of the ratios', () => {
    expect(judge({ what: 'a', atLeast: 1 }, [2, 9, 8], [2, 3, 4]).ratio).toEqual({ median: 2, min: 1, max: 3 });
  });
});
