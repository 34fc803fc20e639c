import journal from './meta/_journal.json';
import m0000 from './0000_first.sql';
import m0001 from './0001_consumer.sql';
import m0002 from './0002_stream.sql';
import m0003 from './0003_pages.sql';
import m0004 from './0004_quality.sql';
import m0005 from './0005_upgrade.sql';
import m0006 from './0006_taken.sql';
import m0007 from './0007_compared.sql';
import m0008 from './0008_latest.sql';
import m0009 from './0009_spent.sql';

  export default {
    journal,
    migrations: {
      m0000,
m0001,
m0002,
m0003,
m0004,
m0005,
m0006,
m0007,
m0008,
m0009
    }
  }
  