import { isKurrentUrl, parseKurrentUrl, redacted } from './url';

describe('the URL of a ledger on a server', () => {
  test.each([
    ['kurrentdb://localhost', 'kurrentdb://localhost?discoveryInterval=50', 'navledger', 'kurrentdb://localhost'],
    [
      'kurrentdb://localhost:2113?tls=false',
      'kurrentdb://localhost:2113?tls=false&discoveryInterval=50',
      'navledger',
      'kurrentdb://localhost:2113',
    ],
    [
      'kurrentdb://u:p%40@a:1,b:2,c/?ledger=test7&tlsCAFile=/ca.crt',
      'kurrentdb://u:p%40@a:1,b:2,c?tlsCAFile=/ca.crt&discoveryInterval=50',
      'test7',
      'kurrentdb://a:1,b:2,c (ledger test7)',
    ],
    [
      'kdb+discover://db.example.org?discovery_interval=7',
      'kdb+discover://db.example.org?discovery_interval=7',
      'navledger',
      'kdb+discover://db.example.org',
    ],
  ])('%s', (url, connection, ledger, shown) => {
    expect(isKurrentUrl(url)).toBe(true);
    expect(parseKurrentUrl(url)).toMatchObject({ connection, ledger, shown, insecure: url.includes('tls=false') });
  });

  test.each([
    ['kurrentdb://', 'must be kurrentdb://'],
    ['kurrentdb://host/path', 'must be kurrentdb://'],
    ['kurrentdb://a b', 'must name hosts'],
    ['kurrentdb://host:0', 'must name hosts'],
    ['kurrentdb://user@host', 'must give a password with the user'],
    ['kurrentdb://host?tls', 'must have options as NAME=VALUE; tls is none'],
    ['kurrentdb://host?colour=red', 'must have no option colour'],
    // Under these a refused append would count as one that succeeded, and a call would not end.
    ['kurrentdb://host?throwOnAppendFailure=false', 'must have no option throwOnAppendFailure'],
    ['kurrentdb://host?defaultDeadline=5', 'must have no option defaultDeadline'],
    ['kurrentdb://host?ledger=A.b', 'must name the ledger in 1 to 32 of a-z and 0-9'],
    ['kurrentdb://u:secret@host?tls=false', 'must not send a password without TLS'],
    ['kurrentdb://u:1?secret@host', 'must write / ? # and @ in a password'],
    ['kurrentdb://u:1?secret=x@host', 'must write / ? # and @ in a password'],
    ['kurrentdb://u:a/secret@host', 'must write / ? # and @ in a password'],
  ])('%s is refused: %s', (url, rule) => {
    expect(parseKurrentUrl(url)).toEqual({ rule: expect.stringContaining(rule) as string });
    expect((parseKurrentUrl(url) as { rule: string }).rule).not.toContain('secret');
  });

  test('what is kept of two servers, or of two ledgers on one, lies in two folders; the order of hosts and the login make no difference', () => {
    const folder = (url: string): string => (parseKurrentUrl(url) as { folder: string }).folder;
    const urls = ['kurrentdb://a', 'kurrentdb://b', 'kurrentdb://a:2114', 'kurrentdb://a?ledger=x', 'kurrentdb://a,b'];
    expect(new Set(urls.map(folder)).size).toBe(urls.length);
    expect(folder('kurrentdb://u:p@b,a')).toBe(folder('kurrentdb://a,b'));
    for (const url of urls) expect(folder(url)).toMatch(/^[a-z0-9.-]+$/);
  });

  test('a password is never shown', () => {
    expect(redacted('kurrentdb://admin:changeit@host:2113?tls=true')).toBe('kurrentdb://admin:***@host:2113?tls=true');
    expect(redacted('kurrentdb+discover://admin:p:@ss@host')).toBe('kurrentdb+discover://admin:***@host');
    expect(redacted('kurrentdb://admin:p/a?s#s@host:2113')).toBe('kurrentdb://admin:***@host:2113');
    expect(redacted('KurrentDB:/admin:secret@host')).toBe('KurrentDB:/admin:***@host');
    expect(redacted('kurrentdb//admin:secret@host')).toBe('kurrentdb//admin:***@host');
    expect(redacted('admin:secret@host')).toBe('admin:***@host');
    expect(redacted('kurrentdb://host:2113,b:2113?tls=false')).toBe('kurrentdb://host:2113,b:2113?tls=false');
    expect(redacted('sqlite:./data')).toBe('sqlite:./data');
    expect(redacted('sqlite:/a:b@c')).toBe('sqlite:/a:b@c');
    expect(JSON.stringify({ ...parseKurrentUrl('kurrentdb://admin:changeit@host'), connection: '' })).not.toContain('changeit');
  });
});
