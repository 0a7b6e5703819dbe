import { describeRefusal, isRefusal } from '../domain/refusal';
import { readLine } from './envelope';

const FILL = '"fillId":"f1","instrumentId":"coin","side":"buy","quantity":"1","price":"110"';

function interest(more: string): string {
  return `{"command":"AccrueInterest","data":{"portfolioId":"fund","amount":"1","at":"2024-01-02T00:00:00Z",${more}}}`;
}

function rebalance(fill: string): string {
  const data = `"portfolioId":"fund","rebalanceId":"r1","reason":"manual","at":"2024-01-02T00:00:00Z","fills":[{${fill}}]`;
  return `{"command":"ExecuteRebalance","data":{${data}}}`;
}

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
}

describe('the shape of a line', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'])(
    'has no field %s, wherever it stands',
    (name) => {
      expect(told(interest(`"${name}":{"amount":"2"}`))).toBe(`UnknownField: /${name} = {"amount":"2"}: the command has no such field`);
      expect(told(rebalance(`${FILL},"${name}":"1"`))).toBe(`UnknownField: /fills/0/${name} = "1": the command has no such field`);
    },
  );

  it.each(['fee', 'bid', 'liquidity'])('has no null in place of the %s of a fill', (name) => {
    expect(told(rebalance(`${FILL},"${name}":null`))).toBe(`InvalidField: /fills/0/${name} = null: must not be null; leave the field out`);
  });

  it.each(['[]', '1', '"f1"'])('has no %s in place of a fill', (entry) => {
    expect(told(rebalance(FILL).replace(`{${FILL}}`, entry))).toBe(`InvalidField: /fills = [${entry}]: must hold objects only`);
  });

  it.each([17, 5_000, 90_000])('is refused when its data is nested %i levels deep', (levels) => {
    const rule = 'must not be nested deeper than 16 levels';
    expect(told(interest(`"x":${nested(levels)}`))).toBe(`InvalidField: /x${'/a'.repeat(16)}: ${rule}`);
  });

  it('is refused in one line when another part is nested without end', () => {
    const deep = nested(90_000);
    expect(told(`[${deep}]`)).toBe('MalformedLine: ...: must be one JSON object');
    expect(told(`{"command":${deep},"data":{}}`)).toBe('UnknownCommand: command = ...: must be the name of a command');
    expect(told(`{"command":"AccrueInterest","data":{},"x":${deep}}`)).toMatch(/^UnknownField: x = \.\.\.: /);
  });
});

function told(line: string): string {
  const read = readLine(line);
  return isRefusal(read) ? describeRefusal(read) : 'accepted';
}
