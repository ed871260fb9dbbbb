-- a source that ends in the middle => load: 'end' expected.*near <eof>
return { act = function()
