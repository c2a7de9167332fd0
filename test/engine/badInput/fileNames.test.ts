import { tiff } from '../../files/contents';
import { accepted, check, refused } from './checkCases';
import { Content } from './oddItems';
import { FILE_NAMES } from './texts';

describe('a file name', () => {
	check([
		...FILE_NAMES.map(([name, fileName, sentAs]) => ({
			name,
			recorded: { fileName },
			outcome: accepted({ fileName: sentAs }),
		})),
		...FILE_NAMES.map(([name, fileName, sentAs]) => ({
			name: `${name}, in File Name,`,
			json: { fileName },
			outcome: accepted({ fileName: sentAs }),
		})),
		...FILE_NAMES.map(([name, fileName]) => ({
			name: `${name}, of a TIFF image,`,
			binary: { data: new Content(tiff(), { fileName }) },
			outcome: refused(
				/^(it(s name says| is recorded as) PDF, but )?it is a TIFF image, which fax services often send$/,
			),
		})),
		...FILE_NAMES.map(([name, fileName, sentAs]) => ({
			name: `${name}, of a file that is given as a binary value,`,
			json: { fieldOf: 'data' },
			recorded: { fileName },
			outcome: accepted({ fileName: sentAs.replace(/^data\.pdf$/, 'file.pdf') }),
		})),
		...[undefined, null, ''].map((fileName) => ({
			name: `that is ${JSON.stringify(fileName) ?? 'missing'}`,
			recorded: { fileName },
			outcome: accepted({ fileName: 'data.pdf' }),
		})),
		{ name: 'that is a number', recorded: { fileName: 7 }, outcome: accepted({ fileName: '7' }) },
		{
			name: 'that is a number, in File Name,',
			json: { fileName: 7 },
			outcome: accepted({ fileName: '7' }),
		},
		...[{ a: 1 }, ['a.pdf']].flatMap((fileName) => [
			{
				name: `that is ${JSON.stringify(fileName)}`,
				recorded: { fileName },
				outcome: refused(/name/),
			},
			{
				name: `that is ${JSON.stringify(fileName)}, in File Name,`,
				json: { fileName },
				outcome: refused(/File Name/),
			},
		]),
	]);
});
