// What an app saw happen, for the test to ask about: lines under a key. Who asks waits until a line begins as it says,
// so that no test needs to guess how long a hang-up takes to be noticed.

const journals = new Map();

function journalOf(key) {
  let journal = journals.get(key);
  if (journal === undefined) {
    journal = { lines: [], readers: [] };
    journals.set(key, journal);
  }
  return journal;
}

exports.note = (key, line) => {
  const journal = journalOf(key);
  journal.lines.push(line);
  journal.readers = journal.readers.filter((reader) => !reader());
};

/** `/journal/KEY/MARK`: answers with the lines under KEY, once one begins with MARK. Says whether that was asked. */
exports.serveJournal = (req, res) => {
  const [, path, key, mark] = req.url.split('/').map(decodeURIComponent);
  if (path !== 'journal') return false;
  const journal = journalOf(key);
  const reader = () => {
    if (!journal.lines.some((line) => line.startsWith(mark))) return false;
    res.end(journal.lines.join('\n'));
    return true;
  };
  if (!reader()) journal.readers.push(reader);
  return true;
};
