package logfile

import "gondor/app"

// MostLines is how many lines EncodeLines may be given, so that what it makes has less than
// 4.1 MiB.
const MostLines = 256

// EncodeLines makes bytes of lines, as they are in segments; DecodeLines reads them.
func EncodeLines(lines []app.LogLine) []byte {
	var data []byte
	for _, line := range lines {
		data = encode(data, line)
	}
	return data
}

// DecodeLines reads what EncodeLines made.
func DecodeLines(data []byte) ([]app.LogLine, error) {
	var lines []app.LogLine
	for len(data) > 0 {
		one, n, err := decode(data)
		if err != nil {
			return nil, err
		}
		if one.stream() == closing {
			return nil, errTorn
		}
		lines, data = append(lines, one.line()), data[n:]
	}
	return lines, nil
}
