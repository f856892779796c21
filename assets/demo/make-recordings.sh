#!/bin/sh
# Makes the demo's recordings anew: synthetic speech, brought down to what a telephone carries.
# Needs espeak-ng, sox and lame. Overwrites the recordings beside this script.
set -eu
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# speak VOICE SPEED PITCH TEXT [EFFECT...]
# Speaks TEXT (in it, "/" is a pause of 0.7 s) and leaves telephone-quality PCM in $work/line.wav.
speak() {
    voice=$1 speed=$2 pitch=$3 text=$4
    shift 4
    marked=$(printf '%s' "$text" | sed 's|/|<break time="700ms"/>|g')
    espeak-ng -m -v "$voice" -s "$speed" -p "$pitch" -w "$work/speech.wav" "$marked"
    # The band of a telephone line, 8 kHz mono, an even level, and a breath before and after.
    sox -V1 -D "$work/speech.wav" -b 16 "$work/line.wav" \
        channels 1 rate 8000 highpass 250 lowpass 3400 norm -4 "$@" pad 0.3 0.4
}

# mp3 NAME VOICE SPEED PITCH TEXT [EFFECT...]
mp3() {
    name=$1
    shift
    speak "$@"
    lame --quiet -m m --cbr -b 16 --resample 8 "$work/line.wav" "$name.mp3"
}

# wav NAME VOICE SPEED PITCH TEXT [EFFECT...]: PCM, mu-law
wav() {
    name=$1
    shift
    speak "$@"
    sox -D "$work/line.wav" -e mu-law -b 8 "$name.wav"
}

mp3 invoice en-gb+anika 150 55 \
    'Hello, this is Anita from Acme Steel, / about invoice four one seven. / The tax is not what we agreed. // Please call me back before five. Thank you.'
mp3 invoice-again en-gb+anika 160 58 \
    'Hello, Anita from Acme Steel once more. // I am still waiting for a word on invoice four one seven. / I am at my desk until six.'
mp3 delivery en-029+m3 165 45 \
    'Sir, Ravi here, from the courier. / I am at your gate with two boxes, / and nobody is picking up. // I will wait ten minutes, / then I will leave them with the guard.'
mp3 appointment en-gb-scotland+f2 150 60 \
    'Good morning, this is the Lotus Dental Clinic. / Your appointment on Thursday has moved, / from ten thirty, / to a quarter past eleven. // Please ring us if that does not suit you.'
mp3 contract en-gb-x-rp+m7 155 40 \
    'Hello, it is Edward Marsh, calling from London. // We have gone through the contract, / and there are three points left in clause nine. // Could we speak tomorrow, at two o clock your time?'
mp3 outage en-us+f4 175 50 \
    'Hi, Karen here, from the support team in Austin. / The dashboard has been down for twenty minutes, / and two of our customers have noticed. // Please call me as soon as you get this. / It is urgent.' \
    norm -2
mp3 shipment en-us+m4 150 35 \
    'Good afternoon. / The container for Chennai left Singapore this morning. // The papers are in your mail.'
mp3 quiet en-gb+whisperf 140 50 \
    'Hi, it is me. // I am in a meeting and cannot speak up. / Can you send me the number of the hotel? // Thanks.' \
    norm -26
mp3 loud en-gb-x-gbcwmd+m5 170 60 \
    'Hello! Hello, can you hear me? // I am standing next to the generator! / The diesel is here, but nobody has signed for it! // Call me back!' \
    gain 14
mp3 hello en-gb+m2 150 45 \
    'Hello? /// Hello, is anyone there? ////'
mp3 gate en-gb+m1 160 42 \
    'Hello, it is Vikram. / I am early, / and I am waiting downstairs at the reception. // Come down when you can.'
mp3 alert en-us 160 50 \
    'This is an automatic message. / A transfer of, / four thousand two hundred rupees, / was not completed. / No action is needed.'
wav front-desk en-gb+f3 165 55 \
    'Front desk here. / Your parcel has come.'
