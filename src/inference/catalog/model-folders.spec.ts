import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeChatFolder } from '../../../test/support/chat-folder.js';
import { readCatalog } from './catalog.js';
import { describeDiagnosis } from './manifest.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'folders-'))));
afterEach(() => rmSync(root, { recursive: true }));

describe('a volume of models', () => {
  it('is served beside what the file system keeps at its root, and so is a model that lies there', async () => {
    writeChatFolder(join(root, 'whole'));
    mkdirSync(join(root, 'lost+found', '#12'), { recursive: true });
    expect((await readCatalog(root)).diagnoses).toEqual([]);
    rmSync(join(root, 'whole'), { recursive: true });
    writeChatFolder(root);
    const { manifests, diagnoses } = await readCatalog(root);
    expect(diagnoses).toEqual([]);
    expect(manifests).toHaveLength(1);
  });

  // Nothing is unreadable to the superuser.
  it.skipIf(process.getuid?.() === 0)('serves what may be read beside what may not', async () => {
    writeChatFolder(join(root, 'whole'));
    mkdirSync(join(root, 'private'), { mode: 0 });
    const { manifests, diagnoses } = await readCatalog(root);
    chmodSync(join(root, 'private'), 0o700);
    expect(manifests.map((manifest) => manifest.id)).toEqual(['whole']);
    expect(diagnoses.map(describeDiagnosis)).toEqual([expect.stringMatching(/^private: it cannot be read \(EACCES/)]);
  });
});
