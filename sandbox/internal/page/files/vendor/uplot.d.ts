// uplot.js is a script of its own that defines this name.
declare const uPlot: any;
