// Settings: the command's own processes, and where it finds things.

import { fileMode, text, texts } from '../kinds.ts';
import { setting } from '../setting.ts';

export const process = {
  title: 'Process',
  ofCommand: true,
  settings: {
    config: setting({
      kind: text(
        'FILE',
        'a JavaScript or TypeScript file',
        'siskin.config.ts, .mts, .js or .mjs, if there is one',
      ),
      default: '',
      short: '-c',
      description: 'The configuration file, which is read again at each reload',
      reason: 'It lies beside the app.',
    }),
    envFile: setting({
      kind: texts('FILE', 'files of lines NAME=value'),
      default: [],
      description:
        'Environment variables for workers, read again at each reload; those that are set already stay. May be repeated, the last one wins',
      reason: 'Nothing is read that nobody has asked for.',
    }),
    chdir: setting({
      kind: text('DIRECTORY', 'a directory', 'where siskin was started'),
      default: '',
      description: 'The directory that everything runs in; a symbolic link is followed anew at each reload',
      reason: 'The app is named from where one is.',
    }),
    user: setting({
      kind: text('NAME', 'the name or number of a user', 'that of the arbiter'),
      default: '',
      short: '-u',
      description: 'The user that workers become, with the groups it is in; the arbiter must be root',
      reason: 'A service manager or container runtime starts everything as the right user.',
    }),
    group: setting({
      kind: text('NAME', 'the name or number of a group', 'that of the user'),
      default: '',
      short: '-g',
      description: 'The group that workers become',
      reason: 'As for user.',
    }),
    umask: setting({
      kind: { ...fileMode, word: 'inherited' },
      default: -1,
      description: 'Permission bits that new files of the app do not get',
      reason: 'Whoever starts the server has one.',
    }),
    pidfile: setting({
      kind: text('FILE', 'a file that can be written', 'none'),
      default: '',
      description: "A file for the arbiter's process id; a second arbiter with the same one does not start",
      reason: 'Service managers know the process they have started.',
    }),
    procName: setting({
      kind: text('NAME', 'a text', 'siskin, and the name of the app'),
      default: '',
      short: '-n',
      description: 'What ps and top show: the name, and what each process does',
      reason: 'It tells the processes of several apps apart.',
    }),
    controlSocket: setting({
      kind: text(
        'PATH',
        "a unix socket's path, or none",
        'in the runtime directory, named after the directory it runs in',
      ),
      default: '',
      description: 'Where siskin ctl reaches the arbiter, for its user alone; none: nowhere',
      reason: 'In the same directory siskin ctl finds it. Where no file can be made there is none.',
    }),
  },
} as const;
